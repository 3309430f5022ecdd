package ddi

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestWhatClientsSendIsUnderstood(t *testing.T) {
	for body, want := range map[string]struct {
		execution, finished string
		count, of, code     int64
		details             int
	}{
		`{"id":"7","time":"20261123T022616","status":{"execution":"proceeding","result":{"finished":"none","progress":{"cnt":1,"of":2}},"code":12,"details":["log line"]}}`: {"proceeding", "none", 1, 2, 12, 1},
		`{"id":7,"status":{"execution":"closed","result":{"finished":"success"}}}`:                                                                                          {"closed", "success", 0, 0, 0, 0},
		`{"status":{"execution":"closed","result":{}}}`:                                                                                                                     {"closed", "none", 0, 0, 0, 0},
		`{"id":"","status":{"execution":"proceeding","result":{"finished":"none","progress":{"cnt":"0","of":"0"}},"details":"one line"}}`:                                   {"proceeding", "none", 0, 0, 0, 1},
		"{\"id\":null,\"status\":{\"execution\":\"closed\",\"result\":{\"finished\":\"failure\"},\"details\":[\"tab\there\",\"a\x1b[31mred\nline\",null,3]}}":               {"closed", "failure", 0, 0, 0, 3},
		`{"id":{"a":1},"other":[],"status":{"execution":"CLOSED","result":{"finished":"Success"},"code":null}} trailing`:                                                    {"closed", "success", 0, 0, 0, 0},
	} {
		f, err := parseFeedback([]byte(body))
		if err != nil {
			t.Errorf("%s: %v", body, err)
			continue
		}
		if f.Execution != want.execution || f.Finished != want.finished || f.Count != want.count || f.Of != want.of || f.Code != want.code || len(f.Details) != want.details {
			t.Errorf("%s: %+v", body, f)
		}
	}
	for _, body := range []string{"", "{}", "[]", "null", `{"status":{}}`, `{"status":{"execution":"exploded"}}`, `{"status":{"execution":"closed","result":{"finished":"perhaps"}}}`, `{"status":`, strings.Repeat("[", 100_000)} {
		if f, err := parseFeedback([]byte(body)); err == nil {
			t.Errorf("%.60s: %+v", body, f)
		}
	}
}

func TestAttributesAreReadInEveryMode(t *testing.T) {
	mode, list, err := parseConfig([]byte(`{"mode":"replace","data":{"a":"b","n":3,"o":{"x":1},"nothing":null},"status":{"execution":"closed"},"id":""}`))
	if err != nil || mode != "replace" || list["a"] != "b" || list["n"] != "3" || list["o"] != `{"x":1}` || list["nothing"] != "" {
		t.Error(mode, list, err)
	}
	if mode, _, err := parseConfig([]byte(`{"data":{}}`)); err != nil || mode != "merge" {
		t.Error(mode, err)
	}
	if _, _, err := parseConfig([]byte(`{"mode":"explode","data":{}}`)); err == nil {
		t.Error("an unknown mode is taken")
	}
	many := map[string]string{}
	for n := range maxAttributes + 1 {
		many[id(int64(n))] = "x"
	}
	body, _ := json.Marshal(map[string]any{"data": many})
	if _, _, err := parseConfig(body); err == nil {
		t.Error("too many attributes are taken")
	}
}

// Whatever arrives, it is either refused or read as one of the known words.
func FuzzFeedback(f *testing.F) {
	for _, seed := range []string{
		`{"id":"7","time":"20261123T022616","status":{"execution":"proceeding","result":{"finished":"none","progress":{"cnt":1,"of":2}},"code":12,"details":["log line"]}}`,
		`{"id":7,"status":{"execution":"closed","result":{"finished":"success"},"details":["Update Installed."]}}`,
		"{\"status\":{\"execution\":\"closed\",\"result\":{\"finished\":\"failure\"},\"details\":[\"\x00\x1b[31m\"]}}",
		`{"status":{"execution":"canceled","details":"x","code":"9e99","result":{"progress":{"cnt":-1,"of":99999999999999999999}}}}`,
		`{"status":{"execution":"closed","details":["\ud800"]}}`, `{`, `[]`, `"closed"`, "\xff\xfe", strings.Repeat(`{"status":`, 50),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := parseFeedback(data)
		if err != nil {
			return
		}
		if _, err := known(got.Execution, executions, ""); err != nil {
			t.Error(err)
		}
		if _, err := known(got.Finished, finishes, ""); err != nil {
			t.Error(err)
		}
		if len(got.Details) > maxDetails {
			t.Errorf("%d lines of detail", len(got.Details))
		}
	})
}

func FuzzConfig(f *testing.F) {
	for _, seed := range []string{
		`{"mode":"merge","data":{"hwVersion":"1.0"},"status":{"result":{"finished":"success"},"execution":"closed","details":[""]},"id":""}`,
		`{"data":{"a|b=c":"d\ne|f"}}`, `{"data":{"":""}}`, `{"data":null}`, `{"data":[1]}`, `{"mode":7}`, "\x00", `{"data":{"k":"\u0000"}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		mode, list, err := parseConfig(data)
		if err == nil && (mode != "merge" && mode != "replace" && mode != "remove" || len(list) > maxAttributes) {
			t.Errorf("%q, %d attributes", mode, len(list))
		}
	})
}
