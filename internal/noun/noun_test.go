package noun

import "testing"

func TestNumber(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", -1000: "-1,000", -999: "-999", 1234567: "1,234,567"} {
		if got := Number(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}

func TestCount(t *testing.T) {
	for want, got := range map[string]string{
		"0 targets":      Count(0, "target"),
		"1 target":       Count(1, "target"),
		"12,400 targets": Count(int64(12400), "target"),
		"1 criterion":    Count(1, "criterion", "criteria"),
		"2 criteria":     Count(2, "criterion", "criteria"),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestHowATextBegins(t *testing.T) {
	for text, want := range map[string][2]string{
		"":          {"", ""},
		"step 3":    {"Step 3", "step 3"},
		"Step 3":    {"Step 3", "step 3"},
		"ærlig":     {"Ærlig", "ærlig"},
		"3 targets": {"3 targets", "3 targets"},
		"\xff":      {"\xff", "\xff"},
	} {
		if got := [2]string{Capital(text), Lower(text)}; got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
