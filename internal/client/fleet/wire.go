package fleet

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

type links map[string]struct{ Href string }

type polled struct {
	Config struct {
		Polling struct{ Sleep string }
	}
	Links links `json:"_links"`
}

// sleep reads HH:MM:SS; what is none is a minute.
func (p *polled) sleep() time.Duration {
	var h, m, s time.Duration
	if n, err := fmt.Sscanf(p.Config.Polling.Sleep, "%d:%d:%d", &h, &m, &s); n != 3 || err != nil {
		return time.Minute
	}
	return max(h*time.Hour+m*time.Minute+s*time.Second, time.Second)
}

type deployment struct {
	ID         string
	Deployment struct {
		Chunks []struct {
			Artifacts []struct {
				Size   int64
				Hashes struct{ SHA1 string }
				Links  links `json:"_links"`
			}
		}
	}
}

func feedback(action, execution, finished string, n, of int, detail string) string {
	return fmt.Sprintf(`{"id":%q,"status":{"execution":%q,"result":{"finished":%q,"progress":{"cnt":%d,"of":%d}},"details":[%q]}}`, action, execution, finished, n, of, detail)
}

// patience is how long one request may take, a download aside.
const patience = 30 * time.Second

// connect waits for one of the connections. How long the simulation waits for
// itself is not held against the server.
func (d *device) connect(ctx context.Context) (leave func(), err error) {
	select {
	case d.slots <- struct{}{}:
		return func() { <-d.slots }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (d *device) do(ctx context.Context, method, at, body string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, at, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "GatewayToken "+d.c.Token)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	return d.client.Do(r)
}

func (d *device) get(ctx context.Context, at string, into any) (took time.Duration, err error) {
	leave, err := d.connect(ctx)
	if err != nil {
		return 0, err
	}
	defer leave()
	began := time.Now()
	err = d.ask(ctx, at, into)
	return time.Since(began), err
}

func (d *device) ask(ctx context.Context, at string, into any) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	response, err := d.do(ctx, http.MethodGet, at, "")
	if err != nil {
		return err
	}
	defer response.Body.Close()
	data, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("answered %d: %.200s", response.StatusCode, data)
	}
	return json.Unmarshal(data, into)
}

// tries is how often something is sent before the device sleeps over it.
const tries = 20

// between is how long is waited after a try that failed.
func between(try int) time.Duration {
	return min(time.Duration(try+1)*200*time.Millisecond, 3*time.Second)
}

// report sends a report until it is answered with 200, as a device does.
func (d *device) report(ctx context.Context, method, at, body string) bool {
	d.r.reports.Add(1)
	for try := range tries {
		err := d.send(ctx, method, at, body)
		if err == nil {
			return true
		}
		d.r.failedTo("report", err, ctx)
		if !rest(ctx, between(try)) {
			break
		}
	}
	if ctx.Err() != nil {
		d.r.cut.Add(1)
	}
	return false
}

func (d *device) send(ctx context.Context, method, at, body string) error {
	leave, err := d.connect(ctx)
	if err != nil {
		return err
	}
	defer leave()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	response, err := d.do(ctx, method, at, body)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	data, _ := io.ReadAll(io.LimitReader(response.Body, 1<<10))
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("answered %d: %.200s", response.StatusCode, data)
	}
	return nil
}

// fetch reads a file and compares its digest. A download that breaks off goes on
// where it was.
func (d *device) fetch(ctx context.Context, at string, size int64, digest string) error {
	sum := sha1.New()
	var have int64
	for try := range tries {
		n, err := d.part(ctx, at, have, sum)
		have += n
		d.r.bytes.Add(n)
		if err == nil || have >= size {
			break
		}
		if try == tries-1 || !rest(ctx, between(try)) {
			return err
		}
		d.r.resumed.Add(1)
	}
	if have != size || hex.EncodeToString(sum.Sum(nil)) != digest {
		return fmt.Errorf("%d bytes of another file", have)
	}
	return nil
}

// part reads a file from a place on.
func (d *device) part(ctx context.Context, at string, from int64, into io.Writer) (int64, error) {
	leave, err := d.connect(ctx)
	if err != nil {
		return 0, err
	}
	defer leave()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return 0, err
	}
	r.Header.Set("Authorization", "GatewayToken "+d.c.Token)
	want := http.StatusOK
	if from > 0 {
		r.Header.Set("Range", fmt.Sprintf("bytes=%d-", from))
		want = http.StatusPartialContent
	}
	response, err := d.client.Do(r)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	if response.StatusCode != want {
		return 0, fmt.Errorf("answered %d", response.StatusCode)
	}
	return io.Copy(into, response.Body)
}
