// Package rollout is the fields by which a wave goes over its targets by itself,
// the same in a model and in a release.
package rollout

import (
	"net/url"
	"strconv"
	"strings"

	"slipway/internal/policy"
	"slipway/templates/ui"
)

// Form is a rollout as it is typed.
type Form struct {
	TakeCount     string   `form:"take_count"`
	TakePercent   string   `form:"take_percent"`
	Joining       string   `form:"joining"`
	SuccessCount  string   `form:"success_count"`
	FailureLimit  string   `form:"failure_limit"`
	Sample        string   `form:"sample"`
	Health        string   `form:"health"`
	AutoGo        bool     `form:"auto_go"`
	AutoStart     bool     `form:"auto_start"`
	AutoBackOut   bool     `form:"auto_back_out"`
	RetryAttempts string   `form:"retry_attempts"`
	RetryMinutes  string   `form:"retry_minutes"`
	RetryOn       []string `form:"retry_on"`
}

// Of is the form that shows a rollout.
func Of(r policy.Rollout) Form {
	return Form{TakeCount: shown(r.TakeCount), TakePercent: shown(r.TakePercent), Joining: r.Joining, SuccessCount: shown(r.SuccessCount),
		FailureLimit: shown(r.FailureLimit), Sample: shown(r.Sample), Health: r.Health, AutoGo: r.AutoGo, AutoStart: r.AutoStart, AutoBackOut: r.AutoBackOut,
		RetryAttempts: shown(r.RetryAttempts), RetryMinutes: shown(r.RetryMinutes), RetryOn: strings.Fields(r.RetryOn)}
}

func shown(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// Rollout is what the form says. A number that is none lies outside every range,
// so its field tells.
func (f Form) Rollout() policy.Rollout {
	return policy.Rollout{TakeCount: number(f.TakeCount), TakePercent: number(f.TakePercent), Joining: f.Joining, SuccessCount: number(f.SuccessCount),
		FailureLimit: number(f.FailureLimit), Sample: number(f.Sample), Health: f.Health, AutoGo: f.AutoGo, AutoStart: f.AutoStart, AutoBackOut: f.AutoBackOut,
		RetryAttempts: number(f.RetryAttempts), RetryMinutes: number(f.RetryMinutes), RetryOn: strings.Join(f.RetryOn, " ")}
}

// FromValues is the form as it was sent.
func FromValues(v url.Values) Form {
	return Form{TakeCount: v.Get("take_count"), TakePercent: v.Get("take_percent"), Joining: v.Get("joining"), SuccessCount: v.Get("success_count"),
		FailureLimit: v.Get("failure_limit"), Sample: v.Get("sample"), Health: v.Get("health"), AutoGo: v.Has("auto_go"), AutoStart: v.Has("auto_start"),
		AutoBackOut: v.Has("auto_back_out"), RetryAttempts: v.Get("retry_attempts"), RetryMinutes: v.Get("retry_minutes"), RetryOn: v["retry_on"]}
}

func number(text string) int64 {
	if text = strings.TrimSpace(text); text == "" {
		return 0
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return -1
	}
	return n
}

// Fields are the fields of one wave's rollout in a form.
type Fields struct {
	Form
	Prefix string // before each name: "waves[2]."
	Errors ui.Errors
	GoBy   string // who gives go unless it goes by itself, in words
}

func (f Fields) input(name, label, value, hint string) ui.Input {
	return ui.Input{Name: f.Prefix + name, Label: label, Value: value, Hint: hint, Error: f.Errors[f.Prefix+name], Optional: true}
}

func (f Fields) count(name, label, value, hint string) ui.Input {
	i := f.input(name, label, value, hint)
	i.Type, i.Min = "number", "0"
	return i
}

// Open tells whether the group is unfolded: something in it is wrong.
func (f Fields) open() bool {
	for _, name := range []string{"take_count", "take_percent", "joining", "success_count", "failure_limit", "sample", "health", "retry_attempts", "retry_minutes", "retry_on"} {
		if f.Errors[f.Prefix+name] != "" {
			return true
		}
	}
	return false
}

func (f Fields) said() string {
	list := f.Rollout().Sentences()
	if len(list) == 0 {
		return "as people decide"
	}
	return strings.Join(list, "; ")
}

func joinings() []ui.Option {
	return []ui.Option{{Value: policy.JoinTake, Label: "This wave takes them"}, {Value: policy.JoinNot, Label: "This wave does not"}}
}

func gates() []ui.Option {
	return []ui.Option{{Value: policy.HealthNote, Label: "Somebody confirms it with a note"}, {Value: policy.HealthIncidents, Label: "No severity-1 incident of the service is open"}}
}

var failureWords = map[string]string{
	policy.FailUnreachable: "could not be reached", policy.FailTransfer: "did not get the signed bytes", policy.FailInstall: "failed to install",
	policy.FailVerify: "runs something else", policy.FailSilent: "did not answer in time", policy.FailOther: "anything else",
}

func failures() []ui.Option {
	var list []ui.Option
	for _, class := range policy.Failures() {
		list = append(list, ui.Option{Value: class, Label: failureWords[class]})
	}
	return list
}
