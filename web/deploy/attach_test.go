package deploy_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"slipway/internal/dbtest"
	"slipway/internal/dml"
	"slipway/internal/dml/blob"
	"slipway/internal/release"
	"slipway/web/webtest"
)

const dot = "\x89PNG\r\n\x1a\n" + "\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00"

func TestFilesAreAttachedToAStep(t *testing.T) {
	c := at(t, "PAY", release.Deploying)
	dina, dario, stefan := c.s.As("dina"), c.s.As("dario"), c.s.As("stefan")
	run, sign := c.wave("2/run"), c.wave("2/steps/2/sign")
	form := dina.Get(run).Has("#step-2 .form-hint", "at most 25 MiB each")
	for _, field := range []string{"[name=photo][type=file][accept='image/*'][capture=environment]", "[name=files][type=file][multiple]"} {
		if form.Doc().Find("#step-2 form[action^='"+sign+"'][enctype='multipart/form-data'] "+field).Length() != 1 {
			t.Errorf("the form lacks %s", field)
		}
	}
	values := filled(t, form, sign, "evidence", "All four report 4.3.0.")
	page := dina.Send(sign, values, "tool.exe", "MZ\x90\x00\x03\x00\x00\x00").Status(http.StatusUnprocessableEntity)
	page.Has("#step-2 #f-files-error", "tool.exe is neither a picture").Has("#step-2 #f-evidence", "All four report 4.3.0.").Has("[role=alert] a[href='#f-files']", "neither a picture")
	dina.Send(sign, values, "empty.log", "").Status(http.StatusUnprocessableEntity).Has("#step-2 #f-files-error", "empty.log is empty")
	page = dina.Send(sign, values, "big.log", strings.Repeat("x", dml.MaxAttachment+1)).Status(http.StatusUnprocessableEntity)
	page.Has("#step-2 #f-files-error", "larger than 25 MiB").Has("#step-2 #f-evidence", "All four report 4.3.0.").Lacks("#step-2", "big.log,")

	values.Set("evidence", "")
	page = dina.Send(sign, values, "<b>screen.png", dot).Status(http.StatusUnprocessableEntity)
	page.Has("#step-2 #f-evidence-error", "Say what shows").Has("#step-2 .files", "<b>screen.png")
	values.Set("evidence", "All four report 4.3.0.")
	first := dina.Send(sign, values, "steps.log", "4.3.0\n").Status(http.StatusSeeOther).Location()
	if again := dina.Send(sign, values, "steps.log", "4.3.0\n").Status(http.StatusSeeOther).Location(); again != first {
		t.Errorf("a second tap leads to %s, the first to %s", again, first)
	}
	files := dario.Get(run).Has("#step-2 .files", "steps.log").Doc().Find("#step-2 .files li")
	if files.Length() != 2 || files.Find("img").Length() != 1 {
		t.Fatalf("%d files, %d pictures", files.Length(), files.Find("img").Length())
	}
	picture, _ := files.Find("img").Attr("src")
	file := strings.TrimSuffix(picture, "/picture")
	sees(t, dario, file, "attachment", "image/png")
	sees(t, stefan, file, "attachment", "image/png") // whoever sees the release
	sees(t, dario, picture, "inline", "image/png")
	log, _ := files.Last().Find("a[download]").Attr("href")
	sees(t, dario, log, "attachment", "text/plain")
	dario.Get(log + "/picture").Status(http.StatusNotFound)
	dario.Get(c.wave("2")[:strings.Index(c.wave("2"), "/waves")] + "/attachments/x").Status(http.StatusNotFound)
	if to := c.s.Nobody().Get(file).Status(http.StatusSeeOther).Location(); !strings.HasPrefix(to, "/login") {
		t.Errorf("nobody is led to %s", to)
	}
	history := stefan.Get("/releases/"+c.key+"/history").Has("#files", blob.Of([]byte("4.3.0\n")).String()).Has("#files", "step 2, Install the signed package").Has("#record", "attached steps.log")
	if !slices.Contains(history.Doc().Find("#files a").Map(func(_ int, a *goquery.Selection) string { return a.AttrOr("href", "") }), run+"#step-2") {
		t.Error("the record does not lead to the step")
	}
	c.rows(&release.Release{}, "restricted", true)
	for _, path := range []string{file, picture, log} {
		stefan.Get(path).Status(http.StatusNotFound)
	}
}

// sees asks for a file and looks at how it comes.
func sees(t *testing.T, p *webtest.Person, path, disposition, kind string) {
	t.Helper()
	h := p.Get(path).Status(http.StatusOK).Head
	if !strings.HasPrefix(h.Get("Content-Disposition"), disposition+"; filename=") || h.Get("Content-Type") != kind ||
		h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Content-Security-Policy") != "default-src 'none'; sandbox" {
		t.Errorf("%s comes as %v", path, h)
	}
}

func TestOnlyWhoWorksOnAStepAttachesToIt(t *testing.T) {
	c := at(t, "PAY", release.Deploying)
	values := url.Values{"version": {"1"}, "evidence": {"mine"}}
	for name, want := range map[string]int{"maya": http.StatusForbidden, "stefan": http.StatusForbidden, "ada": http.StatusForbidden, "root": http.StatusForbidden, "dario": http.StatusConflict} {
		c.s.As(name).Send(c.wave("2/steps/2/sign"), values, "a.log", "by "+name).Status(want)
	}
	c.s.As("dario").Get(c.wave("2/run")).Lacks("#step-2", "a.log")
}

// Files beside go and no go stay while the word is refused, and show whose word
// they belong to.
func TestFilesAreAttachedToGo(t *testing.T) {
	c := at(t, "PAY", release.Ready)
	maya, stefan := c.s.As("maya"), c.s.As("stefan")
	c.done(maya, c.board(), c.wave("1/ready"))
	board := maya.Get(c.board())
	for _, verb := range []string{"go", "no-go"} {
		if n := board.Doc().Find("form[action^='" + c.wave("1/"+verb) + "'][enctype='multipart/form-data'] [name=files][multiple]").Length(); n != 1 {
			t.Errorf("%s has %d choosers of files", verb, n)
		}
	}
	refusal := filled(t, board, c.wave("1/no-go"))
	for _, name := range []string{"dario", "stefan", "ada", "chen"} {
		c.s.As(name).Send(c.wave("1/no-go"), refusal, "mine.txt", "by "+name).Status(http.StatusForbidden)
	}
	maya.Send(c.wave("1/no-go"), refusal, "weather.txt", "storm").Status(http.StatusUnprocessableEntity).Has(".field-error", "Say what has to be mended").Has("form[action^='"+c.wave("1/no-go")+"'] .files", "weather.txt")
	refusal.Set("reason", "The storm.")
	refusal.Del("once")
	maya.Send(c.wave("1/no-go"), refusal).Status(http.StatusSeeOther)
	stefan.Get(c.board()).Has("#wave-1 .files", "weather.txt").Lacks("main", "mine.txt")
	refusal.Del("once")
	c.done(maya, c.board(), c.wave("1/replan"))
	maya.Send(c.wave("1/no-go"), refusal, "late.txt", "too late").Status(http.StatusConflict)

	c.done(maya, c.board(), c.wave("1/ready"))
	dbtest.Advance(c.s.App.DB, time.Minute)
	said := filled(t, maya.Get(c.board()), c.wave("1/go"), "comment", "Calm now.")
	maya.Send(c.wave("1/go"), said, "forecast.txt", "calm").Status(http.StatusSeeOther)
	stefan.Get(c.board()).Has("#wave-1 .files", "forecast.txt").Lacks("#wave-1", "weather.txt")
	stefan.Get("/releases/"+c.key+"/history").Has("#files", "weather.txt").Has("#files", "go or no go for Wave 1").Has("#record", "attached forecast.txt to go or no go")
}
