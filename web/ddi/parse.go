package ddi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"slipway/internal/deploy"
	"slipway/internal/fault"
)

// What one device may send of what: more is a mistake or an attack.
const (
	maxBody       = 1 << 20
	maxDetails    = 200
	maxAttributes = 100
)

// loose is a value that clients write as a number, a string or not at all.
type loose string

// UnmarshalJSON takes a number or a string; of anything else nothing is kept.
func (l *loose) UnmarshalJSON(data []byte) error {
	switch {
	case len(data) > 0 && data[0] == '"':
		var text string
		if err := json.Unmarshal(data, &text); err != nil {
			return err
		}
		*l = loose(text)
	case len(data) > 0 && (data[0] == '-' || data[0] >= '0' && data[0] <= '9'):
		*l = loose(data)
	}
	return nil
}

func (l loose) number() int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(string(l)), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// texts are lines of detail: a list as a rule, a lone string from some.
type texts []string

// UnmarshalJSON takes a list of anything, or one string.
func (t *texts) UnmarshalJSON(data []byte) error {
	var list []json.RawMessage
	if json.Unmarshal(data, &list) != nil {
		list = []json.RawMessage{data}
	}
	for _, raw := range list[:min(len(list), maxDetails)] {
		var text string
		if string(raw) == "null" {
			continue
		}
		if json.Unmarshal(raw, &text) != nil {
			text = string(raw)
		}
		*t = append(*t, text)
	}
	return nil
}

type statusBody struct {
	Execution string `json:"execution"`
	Result    struct {
		Finished string `json:"finished"`
		Progress struct {
			Count loose `json:"cnt"`
			Of    loose `json:"of"`
		} `json:"progress"`
	} `json:"result"`
	Code    loose `json:"code"`
	Details texts `json:"details"`
}

// feedbackBody is a report on an action. The action is the address's; what the
// body calls it is not looked at, since clients leave it out or write it as they
// like.
type feedbackBody struct {
	Status statusBody `json:"status"`
}

type configBody struct {
	Mode string                     `json:"mode"`
	Data map[string]json.RawMessage `json:"data"`
}

type consentBody struct {
	Confirmation string `json:"confirmation"`
	Code         loose  `json:"code"`
	Details      texts  `json:"details"`
}

// clean blanks control bytes: SWUpdate puts its log lines into JSON as they are.
func clean(data []byte) []byte {
	for i, b := range data {
		if b < 0x20 || b == 0x7f {
			data[i] = ' '
		}
	}
	return data
}

func decode(data []byte, into any) error {
	if err := json.NewDecoder(bytes.NewReader(clean(data))).Decode(into); err != nil {
		return fault.Wrap(fault.Invalid, err, "The body is not the JSON that is expected here.")
	}
	return nil
}

var (
	executions = []string{"closed", "proceeding", "canceled", "scheduled", "rejected", "resumed", "download", "downloaded"}
	finishes   = []string{"success", "failure", "none"}
)

func known(word string, words []string, otherwise string) (string, error) {
	word = strings.ToLower(strings.TrimSpace(word))
	if word == "" && otherwise != "" {
		return otherwise, nil
	}
	for _, one := range words {
		if one == word {
			return one, nil
		}
	}
	return "", fault.New(fault.Invalid, "%q is none of %s.", shortened(word), strings.Join(words, ", "))
}

func shortened(text string) string {
	if len(text) > 40 {
		return strings.ToValidUTF8(text[:40], "") + "…"
	}
	return text
}

// parseFeedback reads a report of any client that is known.
func parseFeedback(data []byte) (f deploy.PullFeedback, err error) {
	var body feedbackBody
	if err := decode(data, &body); err != nil {
		return f, err
	}
	s := body.Status
	if f.Execution, err = known(s.Execution, executions, ""); err != nil {
		return f, err
	}
	if f.Finished, err = known(s.Result.Finished, finishes, "none"); err != nil {
		return f, err
	}
	f.Count, f.Of, f.Code, f.Details = s.Result.Progress.Count.number(), s.Result.Progress.Of.number(), s.Code.number(), s.Details
	return f, nil
}

// parseConfig reads a device's attributes.
func parseConfig(data []byte) (mode string, attributes map[string]string, err error) {
	var body configBody
	if err := decode(data, &body); err != nil {
		return "", nil, err
	}
	if mode, err = known(body.Mode, []string{"merge", "replace", "remove"}, "merge"); err != nil {
		return "", nil, err
	}
	if len(body.Data) > maxAttributes {
		return "", nil, fault.New(fault.Invalid, "A device has at most %d attributes; these are %d.", maxAttributes, len(body.Data))
	}
	attributes = make(map[string]string, len(body.Data))
	for name, raw := range body.Data {
		var text string
		if json.Unmarshal(raw, &text) != nil {
			text = string(raw)
		}
		attributes[name] = text
	}
	return mode, attributes, nil
}

// parseConsent reads what a device says to a deployment that asks for consent.
func parseConsent(data []byte) (agreed bool, why string, err error) {
	var body consentBody
	if err := decode(data, &body); err != nil {
		return false, "", err
	}
	word, err := known(body.Confirmation, []string{"confirmed", "denied"}, "")
	why = strings.Join(body.Details, "\n")
	if code := body.Code.number(); code != 0 {
		why = strings.TrimSpace(fmt.Sprintf("code %d %s", code, why))
	}
	return word == "confirmed", why, err
}

// parseInstalled reads what a device says that it runs.
func parseInstalled(data []byte) (name, version string, err error) {
	var body struct {
		Name    loose `json:"name"`
		Version loose `json:"version"`
	}
	if err := decode(data, &body); err != nil {
		return "", "", err
	}
	if body.Name == "" || body.Version == "" {
		return "", "", fault.New(fault.Invalid, "Say the name and the version of what is installed.")
	}
	return string(body.Name), string(body.Version), nil
}
