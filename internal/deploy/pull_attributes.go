package deploy

import (
	"context"
	"maps"
	"slices"
	"strings"

	"slipway/internal/db"
	"slipway/internal/fault"
)

// What is kept of the attributes that a device tells of itself.
const (
	maxReported     = 100
	maxReportedName = 128
	maxReportedText = 1024
)

// Attributes takes what a device tells of itself. It stands beside what people
// wrote of the target, and waves choose by both. The mode is the protocol's:
// merge, replace or remove.
func (s *Service) Attributes(ctx context.Context, dev *Device, mode string, told map[string]string) error {
	return s.changeDevice(ctx, dev, func(tx *db.Tx, t *Target, d *DeviceRecord) error {
		list := map[string]string{}
		if mode != "replace" {
			list = t.reported()
		}
		for name, value := range told {
			name, value = reportedWord(name, maxReportedName), reportedWord(value, maxReportedText)
			if name == "" {
				continue
			}
			if list[name] = value; mode == "remove" || value == "" {
				delete(list, name)
			}
		}
		if len(list) > maxReported {
			return fault.New(fault.Invalid, "A device has at most %d attributes; these would be %d.", maxReported, len(list))
		}
		was := t.Reported
		t.setReported(list)
		d.WantsConfig, d.ReportedAt = false, tx.Now
		if t.Reported != was {
			if err := keepReported(tx, t); err != nil {
				return err
			}
		}
		return s.claimed(tx, dev, t, list)
	})
}

// The attributes by which a device tells what it runs.
const (
	digestAttribute  = "installed_digest"
	versionAttribute = "installed_version"
)

// claimed compares what a device says that it runs with the records. What is no
// digest stays an attribute like any other.
func (s *Service) claimed(tx *db.Tx, dev *Device, t *Target, told map[string]string) error {
	digest, ok := tidyDigest(told[digestAttribute])
	if !ok {
		return nil
	}
	return s.reportInstalled(tx, dev.actor(), t, digest, told[versionAttribute])
}

// reportedWord makes what a device wrote fit for a line "name=value" that
// filters read: neither lines nor the signs that part them.
func reportedWord(text string, limit int) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '|' || r == '\uFFFD':
			return -1
		case r < 0x20 || r == 0x7f:
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	if len(text) > limit {
		text = strings.ToValidUTF8(text[:limit], "")
	}
	return strings.TrimSpace(text)
}

func (t *Target) reported() map[string]string {
	list := map[string]string{}
	for _, line := range t.ReportedList() {
		name, value, _ := strings.Cut(line, "=")
		list[name] = value
	}
	return list
}

// ReportedList gives what the device tells of itself, "hwVersion=1.0".
func (t *Target) ReportedList() []string {
	return slices.DeleteFunc(strings.Split(t.Reported, "\n"), func(line string) bool { return line == "" })
}

func (t *Target) setReported(list map[string]string) {
	lines := make([]string, 0, len(list))
	for _, name := range slices.Sorted(maps.Keys(list)) {
		lines = append(lines, strings.ReplaceAll(name, "=", "-")+"="+list[name])
	}
	t.Reported = strings.Join(lines, "\n")
	t.index()
}

// reserved are names that a device cannot take: they are the operator's words.
func reserved(name string) bool {
	return slices.Contains([]string{"tag", "key", "name"}, strings.ToLower(name))
}
