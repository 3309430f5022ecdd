package deploy

import (
	"errors"
	"strings"
	"testing"
	"time"

	"slipway/internal/db"
	"slipway/internal/dbtest"
	"slipway/internal/fault"
	"slipway/internal/release"
)

func TestFilterChooses(t *testing.T) {
	oslo := Target{Key: "osl-1", Name: "Oslo S", Tags: "pilot edge", Attributes: "site=Oslo\nrev=C\nbranch=Bed and breakfast"}
	oslo.index()
	for text, want := range map[string]bool{
		"":                                      true,
		"tag=pilot":                             true,
		"tag = pilot":                           true,
		"TAG=Pilot and SITE=oslo":               true,
		"tag=pilot and site=Bergen":             false,
		"tag!=late and rev=C":                   true,
		"tag!=edge":                             false,
		"name=Oslo S":                           true,
		"key=osl-1 AND tag=edge":                true,
		`branch="Bed and breakfast"`:            true,
		`branch="bed and breakfast" and rev!=C`: false,
		"site=Os":                               false,
		"site=%":                                false,
	} {
		f, err := ParseFilter(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if got := f.Matches(&oslo); got != want {
			t.Errorf("%q chooses it: %v, want %v", text, got, want)
		}
	}
}

func TestFilterErrorsPointAtTheCharacter(t *testing.T) {
	for text, at := range map[string]int{
		"=pilot": 1, "tag": 4, "tag=": 5, "tag pilot": 5, "tag=pilot and": 14, "tag=pilot and ": 15, "tag=a=b": 6,
		`site="Oslo`: 6, `site="Oslo" tag=x`: 13, "tag=pilot|x": 10, "tag!pilot": 5, "tag=a and and site=b": 15,
	} {
		_, err := ParseFilter(text)
		var where FilterError
		if !errors.As(err, &where) || where.At != at {
			t.Errorf("%q: %v, want character %d", text, err, at)
		}
	}
}

func FuzzFilter(f *testing.F) {
	for _, seed := range []string{"tag=pilot", `a="b" and c!=d`, "and and and", "é=ø and x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		filter, err := ParseFilter(text)
		var where FilterError
		if err != nil && (!errors.As(err, &where) || where.At < 1 || where.At > len([]rune(text))+1) {
			t.Fatalf("%q: %v points outside the text", text, err)
		}
		filter.Matches(&Target{Facets: "|tag=pilot|"})
	})
}

func TestWaveThresholds(t *testing.T) {
	for _, c := range []struct {
		w            Wave
		good, broken bool
	}{
		{Wave{Total: 10, Verified: 9, SuccessPercent: 90, FailurePercent: 20}, true, false},
		{Wave{Total: 10, Verified: 8, SuccessPercent: 90, FailurePercent: 20}, false, false},
		{Wave{Total: 10, Verified: 8, Excluded: 2, SuccessPercent: 100, FailurePercent: 20}, true, false},
		{Wave{Total: 10, Failed: 2, SuccessPercent: 90, FailurePercent: 20}, false, true},
		{Wave{Total: 10, Failed: 2, SuccessPercent: 90, FailurePercent: 20, FailureCount: 3}, false, false},
		{Wave{Total: 10, Failed: 1, SuccessPercent: 90, FailurePercent: 0}, false, true},
		{Wave{Total: 10, Failed: 0, SuccessPercent: 90, FailurePercent: 0}, false, false},
		{Wave{Total: 3, Excluded: 3, SuccessPercent: 100}, true, false},
	} {
		if c.w.Good() != c.good || c.w.Broken() != c.broken {
			t.Errorf("%+v is good %v and broken %v", c.w, c.w.Good(), c.w.Broken())
		}
	}
}

func TestSoak(t *testing.T) {
	w := Wave{State: WaveComplete, SoakUntil: 100}
	if w.Soaked(99) || !w.Soaked(100) {
		t.Error("a wave has soaked at its end, and not before")
	}
	w.State = WaveVerifying
	if w.Soaked(200) {
		t.Error("only a complete wave has soaked")
	}
}

func TestStepsWaitForTheirKindAndVerifyForAllInstallation(t *testing.T) {
	steps := []Step{{Number: 1, Kind: Install}, {Number: 2, Kind: Install}, {Number: 3, Kind: Verify}, {Number: 4, Kind: BackOut}, {Number: 5, Kind: Install, WaitsFor: "1"}}
	for i, want := range [][]int64{{}, {1}, {1, 2, 5}, {}, {1}} {
		var got []int64
		for _, need := range steps[i].Needs(steps) {
			got = append(got, need.Number)
		}
		if len(got) != len(want) {
			t.Errorf("step %d waits for %v, want %v", i+1, got, want)
			continue
		}
		for j := range got {
			if got[j] != want[j] {
				t.Errorf("step %d waits for %v, want %v", i+1, got, want)
			}
		}
	}
}

func TestBackOutStepsOpenOnlyWhenBackedOut(t *testing.T) {
	steps := []Step{{Number: 1, Kind: Install, State: StepWaiting}, {Number: 2, Kind: BackOut, State: StepWaiting}}
	for _, state := range WaveStates() {
		w := &Wave{State: state}
		if steps[1].openable(w, steps) {
			t.Errorf("a back-out step opens in a wave that is %s without a decision", state)
		}
		w.BackOutAt = 1
		if got := steps[1].openable(w, steps); got != (state == WaveRemediating) {
			t.Errorf("a back-out step opens in a wave that is %s: %v", state, got)
		}
		running := state == WaveRunning || state == WavePaused || state == WaveVerifying
		if got := steps[0].openable(w, steps); got != running {
			t.Errorf("an install step opens in a wave that is %s: %v", state, got)
		}
	}
}

func TestScheduleFollowsDependencies(t *testing.T) {
	start := db.At(dbtest.Start)
	steps := []Step{{Number: 1, Kind: Install, Minutes: 10}, {Number: 2, Kind: Install, Minutes: 20}, {Number: 3, Kind: Verify, Minutes: 5}, {Number: 4, Kind: BackOut, Minutes: 9}}
	schedule(start, steps)
	if steps[1].PlannedAt != start.Add(10*time.Minute) || steps[2].PlannedAt != start.Add(30*time.Minute) || steps[2].PlannedEnd != start.Add(35*time.Minute) {
		t.Errorf("planned %v", steps)
	}
	if steps[3].PlannedAt != 0 {
		t.Error("nobody plans to back out")
	}
}

func TestWaveWindowKeepsTheZonesClock(t *testing.T) {
	oslo, err := time.LoadLocation("Europe/Oslo")
	if err != nil {
		t.Fatal(err)
	}
	night := time.Date(2026, 10, 24, 22, 0, 0, 0, oslo) // the clock goes back the night after
	r := &release.Release{Zone: "Europe/Oslo", WindowStart: db.At(night), WindowEnd: db.At(night.AddDate(0, 0, 3))}
	w := Wave{Days: 1, Hours: 6}
	w.place(r)
	if want := db.At(time.Date(2026, 10, 25, 22, 0, 0, 0, oslo)); w.WindowStart != want {
		t.Errorf("the wave starts %v, want the same hour a day later, %v", w.WindowStart.Std(), want.Std())
	}
	for name, c := range map[string]struct{ from, to, wave, want time.Time }{
		"over the end of summer time": {time.Date(2026, 10, 23, 22, 0, 0, 0, oslo), time.Date(2026, 10, 24, 22, 0, 0, 0, oslo),
			time.Date(2026, 10, 24, 22, 0, 0, 0, oslo), time.Date(2026, 10, 25, 22, 0, 0, 0, oslo)},
		"back from behind it": {time.Date(2026, 10, 24, 22, 0, 0, 0, oslo), time.Date(2026, 10, 20, 22, 0, 0, 0, oslo),
			time.Date(2026, 10, 25, 22, 0, 0, 0, oslo), time.Date(2026, 10, 21, 22, 0, 0, 0, oslo)},
		"into summer time, and two hours earlier": {time.Date(2027, 3, 26, 22, 0, 0, 0, oslo), time.Date(2027, 3, 27, 20, 0, 0, 0, oslo),
			time.Date(2027, 3, 27, 22, 0, 0, 0, oslo), time.Date(2027, 3, 28, 20, 0, 0, 0, oslo)},
		"onto the hour that spring skips": {time.Date(2027, 3, 20, 1, 0, 0, 0, oslo), time.Date(2027, 3, 27, 1, 0, 0, 0, oslo),
			time.Date(2027, 3, 21, 2, 30, 0, 0, oslo), time.Date(2027, 3, 28, 3, 30, 0, 0, oslo)},
	} {
		w := Wave{Anchor: db.At(c.from), WindowStart: db.At(c.wave), WindowEnd: db.At(c.wave.Add(6 * time.Hour))}
		w.shift(&release.Release{Zone: "Europe/Oslo", WindowStart: db.At(c.to)})
		if w.WindowStart != db.At(c.want) || w.Anchor != db.At(c.to) || w.WindowEnd <= w.WindowStart {
			t.Errorf("%s: the wave starts %v, want %v", name, w.WindowStart.Std().In(oslo), c.want)
		}
	}
}

func TestPilotsGoBeforeAllOthers(t *testing.T) {
	now := db.Time(1000)
	for name, c := range map[string]struct {
		waves []Wave
		of    int
		codes string
	}{
		"first":                {[]Wave{{Number: 1}}, 0, ""},
		"pilot planned":        {[]Wave{{Number: 1, Pilot: true, State: WavePlanned}, {Number: 2}}, 1, "wave.pilot"},
		"pilot soaks":          {[]Wave{{Number: 1, Pilot: true, State: WaveComplete, SoakUntil: 2000}, {Number: 2}}, 1, "wave.pilot"},
		"pilot passed":         {[]Wave{{Number: 1, Pilot: true, State: WaveComplete, SoakUntil: 1000}, {Number: 2}}, 1, ""},
		"predecessor failed":   {[]Wave{{Number: 1, State: WaveFailed}, {Number: 2}}, 1, "wave.predecessor"},
		"undecided":            {[]Wave{{Number: 1, State: WaveReady}, {Number: 2}}, 1, "wave.predecessor"},
		"both":                 {[]Wave{{Number: 1, Pilot: true, State: WaveRunning}, {Number: 2, State: WavePlanned}, {Number: 3}}, 2, "wave.pilot wave.predecessor"},
		"a later pilot":        {[]Wave{{Number: 1}, {Number: 2, Pilot: true, State: WavePlanned}}, 0, "wave.pilot"},
		"the later pilot goes": {[]Wave{{Number: 1, State: WavePlanned}, {Number: 2, Pilot: true}}, 1, ""},
	} {
		for i := range c.waves {
			c.waves[i].ID = int64(i + 1)
		}
		d := &deed{tx: &db.Tx{Now: now}, r: &release.Release{}, waves: c.waves, w: &c.waves[c.of]}
		var codes []string
		for _, b := range d.orderBlockers() {
			codes = append(codes, b.Code)
			if b.Sentence == "" || b.Link == "" {
				t.Errorf("%s: %+v has no sentence or link", name, b)
			}
		}
		if got := strings.Join(codes, " "); got != c.codes {
			t.Errorf("%s: blocked by %q, want %q", name, got, c.codes)
		}
	}
}

func TestDraftsNameWhatIsWrong(t *testing.T) {
	for name, c := range map[string]struct {
		check  func(*fault.Check)
		fields string
	}{
		"wave": {func(c *fault.Check) { (&WaveEdit{Filter: "tag", SoakHours: -1}).validate(c) }, "name environment filter soak_hours success_percent"},
		"target": {func(c *fault.Check) {
			(&TargetDraft{Key: "a b", Tags: "x|y", Attributes: "tag=x\nnonsense"}).validate(c)
		}, "key environment tags attributes attributes"},
		"digest": {func(c *fault.Check) {
			(&TargetDraft{Key: "a", EnvironmentKey: "e", InstalledDigest: "sha256:12"}).validate(c)
		}, "installed_digest"},
		"environment": {func(c *fault.Check) { (&EnvironmentDraft{Zone: "Local"}).validate(c) }, "key name zone"},
	} {
		var check fault.Check
		c.check(&check)
		f, _ := fault.As(check.Err("no"))
		var names []string
		for _, field := range f.Fields {
			names = append(names, field.Name)
		}
		if got := strings.Join(names, " "); got != c.fields {
			t.Errorf("%s: %q, want %q", name, got, c.fields)
		}
	}
}
