package releases_test

import (
	"context"
	"net/http"
	"net/url"
	"testing"

	"slipway/internal/db"
	"slipway/internal/dml/blob"
	"slipway/internal/release"
	"slipway/web/webtest"
)

// Files beside a decision stay when it is refused, become part of it once it is
// signed, and are nobody else's to add.
func TestFilesAreAttachedToADecision(t *testing.T) {
	s := webtest.Demo(t)
	gate := at(t, s, goodsIn, "gates", "A1")
	chen, olga, maya, stefan := s.As("chen"), s.As("olga"), s.As("maya"), s.As("stefan")
	page := chen.Get(gate)
	count(t, page, "#decide[enctype='multipart/form-data'] [name=files][type=file][multiple]", 1)
	form := decision(page, "comment", "The board agreed on Monday.")
	bad := chen.Send(gate+"/decision", form, "tool.exe", "MZ\x90\x00\x03\x00\x00\x00").Status(http.StatusUnprocessableEntity).Has("#decide #f-files-error", "tool.exe is neither a picture")
	typed(t, bad, "#f-comment", "The board agreed on Monday.")
	chen.Send(gate+"/decision", with(form, "verdict", ""), "<b>minutes.txt", "All in favour.").Status(http.StatusUnprocessableEntity).
		Has("#f-verdict-error", "Approve or reject.").Has("#decide .files", "<b>minutes.txt").Lacks("main", "Decisions so far")
	maya.Get(gate).Lacks("main", "minutes.txt")
	for name, want := range map[string]int{"maya": http.StatusForbidden, "dario": http.StatusForbidden, "stefan": http.StatusForbidden, "ada": http.StatusForbidden, "olga": http.StatusConflict} {
		s.As(name).Send(gate+"/decision", form, "mine.txt", "by "+name).Status(want)
	}
	chen.Send(gate+"/decision", form, "<b>minutes.txt", "All in favour.", "cost.csv", "a,b\n").Status(http.StatusSeeOther)
	olga.Get(gate).Has("#decisions .files", "<b>minutes.txt").Has("#decisions .files", "cost.csv").Lacks("main", "mine.txt")
	count(t, olga.Get(gate), "#decisions .files li", 2)
	chen.Send(gate+"/decision", with(form, "once", "late"), "late.txt", "after the fact").Status(http.StatusConflict)

	r := found(t, s, goodsIn)
	history := stefan.Get(r.Link("history")).Has("#gate-A1 .files", "cost.csv").Has("#files", "decision on A1").Has("#files", blob.Of([]byte("a,b\n")).String()).
		Has("#record", "attached cost.csv to decision on A1").Lacks("main", "late.txt")
	file, _ := history.Doc().Find("#gate-A1 .files a[download]").First().Attr("href")
	stefan.Get(file).Status(http.StatusOK)
	set(t, s, &release.Release{}, r.ID, "restricted", true)
	stefan.Get(file).Status(http.StatusNotFound)
	chen.Get(file).Status(http.StatusOK)
}

func TestFilesShowThatACriterionIsMet(t *testing.T) {
	s := webtest.Demo(t)
	gate := at(t, s, shelfLabels, "gates", "A4")
	omar := s.As("omar")
	form := url.Values{"criterion": {"A4.monitoring"}, "evidence_A4.monitoring": {""}}
	count(t, omar.Get(gate+"?do=attest-A4-monitoring"), `#criterion-A4-monitoring form[enctype] [name="files_A4.monitoring"]`, 1)
	s.As("dario").Send(gate+"/attestations", form, "a.txt", "not mine to show").Status(http.StatusForbidden)
	omar.Send(gate+"/attestations", form, "empty.log", "").Status(http.StatusUnprocessableEntity).Has("#criterion-A4-monitoring .field-error", "empty.log is empty")
	omar.Send(gate+"/attestations", form, "alarm.log", "rang").Status(http.StatusUnprocessableEntity).
		Has("#criterion-A4-monitoring .field-error", "Say what you saw").Has("#criterion-A4-monitoring form .files", "alarm.log")
	omar.Send(gate+"/attestations", with(form, "evidence_A4.monitoring", "Fired twice.")).Status(http.StatusSeeOther)
	s.As("chen").Get(gate).Has("#criterion-A4-monitoring .files", "alarm.log")
	s.As("chen").Get(at(t, s, shelfLabels, "history")).Has("#exceptions .files", "alarm.log")
	omar.Send(gate+"/attestations", form, "late.log", "rang again").Status(http.StatusConflict).Has("[role=alert]", "confirmed already")
}

// set changes a column of one row.
func set(t *testing.T, s *webtest.Server, table any, id int64, column string, value any) {
	t.Helper()
	err := s.App.DB.InTx(context.Background(), func(tx *db.Tx) error {
		return tx.Gorm().Model(table).Where("id = ?", id).Update(column, value).Error
	})
	if err != nil {
		t.Fatal(err)
	}
}
