package dml

import (
	"context"
	"io"
	"os"
	"testing"
	"time"

	"slipway/internal/dbtest"
	"slipway/internal/fault"
)

func TestOtherDigestsAreTakenOnceFromVerifiedBytes(t *testing.T) {
	l := newLibrary(t)
	ctx := context.Background()
	v := l.accepted("1.4.0", "the program")
	for range 2 {
		sums, err := l.Sums(ctx, keeper, v.ID)
		if err != nil || sums.SHA1 != "9d75cc3f9e956e155e6bc7e4c5662c1a46b20a0e" || sums.MD5 != "e9221b876bf1e70aa3b06fbd6914f57b" || sums.Digest != v.Digest {
			t.Fatalf("%+v, %v", sums, err)
		}
		l.damage(v) // the second time nothing is read
	}
	bad := l.accepted("1.4.1", "another program")
	l.damage(bad)
	if _, err := l.Sums(ctx, keeper, bad.ID); fault.KindOf(err) != fault.Refused {
		t.Errorf("damaged bytes gave %v", err)
	}
	if _, err := l.Sums(ctx, keeper, 999); fault.KindOf(err) != fault.NotFound {
		t.Errorf("no version gave %v", err)
	}
}

// Parts come from the file itself, and only while a whole verification is fresh.
func TestPartsAreAFileThatIsVerifiedFirst(t *testing.T) {
	l := newLibrary(t)
	ctx := context.Background()
	v := l.accepted("1.4.0", "the program")
	_, parts, err := l.OpenParts(ctx, keeper, v.ID)
	if err != nil {
		t.Fatal(err)
	}
	defer parts.Close()
	if _, file := parts.(*os.File); !file {
		t.Errorf("%T cannot be sent by the kernel", parts)
	}
	if _, err := parts.Seek(4, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(parts); err != nil || string(rest) != "program" {
		t.Errorf("%q, %v", rest, err)
	}
	l.damage(v)
	dbtest.Advance(l.db, freshness+time.Second)
	if _, _, err := l.OpenParts(ctx, keeper, v.ID); fault.KindOf(err) != fault.Refused {
		t.Errorf("damaged bytes gave %v", err)
	}
}
