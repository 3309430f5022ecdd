package sample

import (
	"context"
	"fmt"
	"slices"
	"time"

	"slipway/internal/app"
	"slipway/internal/db"
	"slipway/internal/deploy"
	"slipway/internal/policy"
	"slipway/internal/release"
)

// stage tells the stories of many releases at once, in the order of time, as
// they happened beside each other.
type stage struct {
	app     *app.App
	who     cast
	now     time.Time // what is told ends here
	zone    *time.Location
	program string // see Options
	moments []moment
}

// moment is something that happened at a time.
type moment struct {
	at   time.Time
	what string
	do   []deed
}

func (st *stage) at(at time.Time, what string, do ...deed) {
	st.moments = append(st.moments, moment{at, what, do})
}

// ago is a time of day so many days ago, on the Friday before where that was a
// weekend.
func (st *stage) ago(days, hour, minute int) time.Time {
	return workday(st.now.In(st.zone).AddDate(0, 0, -days), hour, minute)
}

func workday(day time.Time, hour, minute int) time.Time {
	for day.Weekday() == time.Saturday || day.Weekday() == time.Sunday {
		day = day.AddDate(0, 0, -1)
	}
	return time.Date(day.Year(), day.Month(), day.Day(), hour, minute, 0, 0, day.Location())
}

// play tells every moment up to now, the earliest first.
func (st *stage) play(ctx context.Context, c *calendar) error {
	slices.SortStableFunc(st.moments, func(a, b moment) int { return a.at.Compare(b.at) })
	for _, m := range st.moments {
		if !m.at.Before(st.now) {
			break
		}
		c.reach(m.at)
		if err := inTurn(ctx, m.do...); err != nil {
			return fmt.Errorf("%s, %s: %w", m.at.Format("2 Jan 15:04"), m.what, err)
		}
	}
	return nil
}

// script is the story of one release. Its moments keep their order, whatever
// weekends and holidays do to their days.
type script struct {
	*journey
	stage  *stage
	window time.Time
	last   time.Time
	told   chapter
}

// chapter is how far the usual way is told.
type chapter int

const (
	draftTold chapter = iota + 1
	proposalTold
	planTold
	agreementTold
	buildTold
	preparationTold
	leaveTold
	deploymentTold
)

// opens tells whether a chapter is yet to be told, and counts it as told.
func (s *script) opens(c chapter) bool {
	if s.told >= c {
		return false
	}
	s.told = c
	return true
}

// lengths of the window, by model: as long as the waves need, and some hours.
var lengths = map[string]time.Duration{"rolling-service": 36 * time.Hour, "field-firmware": 12 * 24 * time.Hour, "emergency-fix": 12 * time.Hour}

// tell begins the story of a release whose window opens in an hour of a day, at
// its full hour.
func (st *stage) tell(c *calendar, t tale, window time.Time) *script {
	window = window.Truncate(time.Hour)
	return &script{stage: st, window: window, journey: &journey{app: st.app, who: st.who, tale: t, pass: c.pass, program: st.program}}
}

// on adds what happened at a time, and not before what was told last.
func (s *script) on(at time.Time, what string, do ...deed) {
	if earliest := s.last.Add(8 * time.Minute); at.Before(earliest) {
		at = earliest
	}
	s.last = at
	s.stage.at(at, s.tale.title+": "+what, do...)
}

// before adds what happened so many days before the window, in working hours. A
// major release takes longer over everything.
func (s *script) before(days float64, what string, do ...deed) {
	if s.tale.kind == release.Major {
		days *= 1.2
	}
	day := s.window.Add(-time.Duration(days * 24 * float64(time.Hour))).In(s.stage.zone)
	s.on(workday(day, 9+len(what)%7, len(s.tale.title+what)*7%60), what, do...)
}

// after adds what happened so long after the window opened.
func (s *script) after(d time.Duration, what string, do ...deed) {
	s.on(s.window.Add(d), what, do...)
}

// office adds what happened on a working day so long after the window opened.
func (s *script) office(d time.Duration, what string, do ...deed) {
	day := s.window.Add(d)
	for day.Weekday() == time.Saturday || day.Weekday() == time.Sunday {
		day = day.AddDate(0, 0, 1)
	}
	s.on(day, what, do...)
}

func (s *script) gate(code release.GateCode) deed {
	return func(ctx context.Context) error { return s.approve(ctx, code) }
}

func (s *script) word(code release.GateCode) deed {
	return func(ctx context.Context) error { return s.oneWord(ctx, code) }
}

func (s *script) confirm(code release.GateCode) deed {
	return func(ctx context.Context) error { return s.attest(ctx, code) }
}

func (s *script) tellRelease(verb release.Verb, username, reason string) deed {
	return func(ctx context.Context) error {
		return explain(string(verb), s.app.Release.Do(ctx, s.as(username), s.key, verb, reason, 0))
	}
}

func (s *script) request(ctx context.Context) error {
	return s.create(ctx, db.At(s.window), db.At(s.window.Add(lengths[s.tale.model])))
}

// drafted, proposed, planned, agreed, built, prepared, readied and deployed tell
// the usual way, each after the one before it, and each once: a story may call
// one, tell something of its own, and go on.
func (s *script) drafted() *script {
	if s.opens(draftTold) {
		s.before(24, "create", s.request)
	}
	return s
}

func (s *script) proposed() *script {
	if s.drafted(); s.opens(proposalTold) {
		s.before(23, "submit", s.submit)
	}
	return s
}

func (s *script) planned() *script {
	if s.proposed(); s.opens(planTold) {
		s.before(22, "authorise the plan", s.gate(release.A1))
	}
	return s
}

func (s *script) agreed() *script {
	if s.planned(); s.opens(agreementTold) {
		s.before(21, "write the plan", s.writePlan)
		s.before(20, "weigh the risks", s.weighRisks)
		s.before(18, "agree", s.agree)
		s.before(16, "authorise the build", s.settleConflicts, s.gate(release.A2))
	}
	return s
}

func (s *script) built() *script {
	if s.agreed(); s.opens(buildTold) {
		s.before(13, "build", s.build)
		s.before(10, "test", s.test)
		s.before(8, "check in, change management", s.confirm(release.A3), s.word(release.A3))
		s.before(7, "check in, custodian", s.gate(release.A3))
	}
	return s
}

func (s *script) prepared() *script {
	if s.built(); s.opens(preparationTold) {
		s.before(6, "plan the waves", s.prepareWaves, s.rehearse)
		s.before(5, "hand knowledge on", s.handOn, s.roster)
		s.before(4, "send the notices", s.notify)
		s.before(3.5, "read the notices", s.acknowledge)
		s.before(3, "report readiness", s.report, s.acceptRest)
	}
	return s
}

func (s *script) readied() *script {
	if s.prepared(); s.opens(leaveTold) {
		s.before(1, "leave to deploy", s.leave()...)
	}
	return s
}

// leave is what leads to A4 once all is prepared.
func (s *script) leave() []deed {
	return []deed{s.confirm(release.A4), s.recheck, s.gate(release.A4)}
}

func (s *script) deployed() *script {
	if s.readied(); !s.opens(deploymentTold) {
		return s
	}
	for _, t := range policy.Templates() {
		if t.Key != s.tale.model {
			continue
		}
		for i, w := range t.Body.Waves {
			s.waveFrom(int64(i+1), time.Duration(w.Days)*24*time.Hour)
		}
	}
	return s
}

// waveFrom tells how a wave was carried out from its start on.
func (s *script) waveFrom(number int64, start time.Duration) {
	s.after(start-2*time.Hour, fmt.Sprintf("go for wave %d", number), func(ctx context.Context) error { return s.readyWave(ctx, number) })
	s.after(start+5*time.Minute, fmt.Sprintf("wave %d", number), func(ctx context.Context) error { return s.startWave(ctx, number) },
		func(ctx context.Context) error { return s.carryOut(ctx, number) })
}

// lived tells early life, which began once the last wave was through.
func (s *script) lived(begun time.Duration, days int) *script {
	s.deployed()
	for day := range days {
		s.after(begun+time.Duration(day)*24*time.Hour+3*time.Hour, fmt.Sprintf("day %d of early life", day+1), s.support)
	}
	s.after(begun+time.Duration(days-1)*24*time.Hour+5*time.Hour, "ask for the exit", s.handOn, s.askExit)
	s.after(begun+time.Duration(days-1)*24*time.Hour+9*time.Hour, "accept the exit", s.acceptExit)
	return s
}

// closed tells the end.
func (s *script) closed(begun time.Duration, days int) *script {
	s.lived(begun, days)
	end := begun + time.Duration(days)*24*time.Hour
	s.office(end+20*time.Hour, "hand over", s.handOver, s.keepPromises)
	s.office(end+44*time.Hour, "hold the review", s.hold)
	s.office(end+70*time.Hour, "agree the review", s.agreeReview)
	s.office(end+92*time.Hour, "close", s.gate(release.A5))
	if !s.tale.slow {
		s.office(end+12*24*time.Hour, "do what the review asked for", s.finishActions)
	}
	return s
}

// stepsOf gives a deed that takes so many steps of a kind in a wave.
func (s *script) stepsOf(wave int64, kind deploy.StepKind, most int) deed {
	return func(ctx context.Context) error { return s.steps(ctx, wave, kind, most) }
}
