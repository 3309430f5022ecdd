package policy

import (
	"testing"

	"slipway/internal/fault"
)

func TestAnOutageIsStatedOrNotKnown(t *testing.T) {
	for typed, want := range map[string]struct {
		outage Outage
		words  string
		right  bool // within a window of 60 minutes
	}{
		"":      {Outage{}, "not stated", true},
		"  ":    {Outage{}, "not stated", true},
		"0":     {Away(0), "none", true},
		" 1 ":   {Away(1), "1 minute", true},
		"60":    {Away(60), "60 minutes", true},
		"61":    {Away(61), "61 minutes", false},
		"-5":    {Away(-5), "-5 minutes", false},
		"often": {Away(-1), "-1 minutes", false},
	} {
		o := ReadOutage(typed)
		var c fault.Check
		o.Check(&c, "outage", 60)
		if o != want.outage || o.Words() != want.words || c.Failed() == want.right {
			t.Errorf("%q is %+v, %q, wrong: %v; want %+v", typed, o, o.Words(), c.Failed(), want)
		}
	}
	var c fault.Check
	if Away(61).Check(&c, "outage", 0); c.Failed() {
		t.Error("a window that is not known is too short")
	}
	if Away(7).Typed() != "7" || (Outage{}).Typed() != "" || Away(0).Typed() != "0" {
		t.Error("a field holds something else than was stated")
	}
}

func TestAModelStatesInterruptionAndTimeToConfirm(t *testing.T) {
	body := Templates()[0].Body
	w := &body.Waves[0]
	w.Outage, w.ConfirmMinutes = Away(int64(w.Hours)*60+1), MaxConfirmMinutes+1
	var c fault.Check
	body.check(&c)
	f, _ := fault.As(c.Err("wrong"))
	if f == nil || len(f.Fields) != 2 || f.Fields[0].Name != "waves[0].confirm" || f.Fields[1].Name != "waves[0].outage" {
		t.Errorf("%+v", f)
	}
}
