package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Client speaks to one server with one token. What fails for want of a
// connection, or of the server, is tried again with growing pauses for as long
// as the attempts in a row stay few; everything else is an *Error at once.
type Client struct {
	base  *url.URL
	token string
	http  *http.Client

	// Pause is the first pause between two attempts; each is twice the one
	// before, up to a minute. Attempts bounds those that bring no progress.
	Pause    time.Duration
	Attempts int
	// Waiting, if set, hears why the client pauses and for how long.
	Waiting func(why error, pause time.Duration)
}

// New gives a client of the server at an http or https address.
func New(server, token string) (*Client, error) {
	base, err := url.Parse(strings.TrimRight(server, "/"))
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return nil, fmt.Errorf("%q is no address of a server; give one such as https://slipway.example.org", server)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.ResponseHeaderTimeout = 5 * time.Minute // the server may hash gigabytes before it answers
	return &Client{base: base, token: token, http: &http.Client{Transport: transport, CheckRedirect: stay}, Pause: 500 * time.Millisecond, Attempts: 8}, nil
}

// stay follows no redirect, which would lose what is sent, or the token.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Error is an answer that says no.
type Error struct {
	Status  int
	Title   string `json:"title"`
	Detail  string `json:"detail"`
	Reasons []struct {
		Message  string `json:"message"`
		Location string `json:"location"`
	} `json:"errors"`
}

// Error gives all of it in one line.
func (e *Error) Error() string {
	parts := []string{e.Detail}
	if e.Detail == "" {
		parts[0] = fmt.Sprintf("the server answered %d %s", e.Status, e.Title)
	}
	for _, r := range e.Reasons {
		parts = append(parts, r.Message)
	}
	switch e.Status {
	case http.StatusUnauthorized:
		parts = append(parts, "Give a token with --token or SLIPWAY_TOKEN.")
	case http.StatusForbidden:
		parts = append(parts, "The token needs the scope for it, and its owner the role.")
	}
	return strings.Join(strings.Fields(strings.Join(parts, " ")), " ")
}

// passing tells whether the same request may well succeed a little later.
func passing(err error) bool {
	var no *Error
	if errors.As(err, &no) {
		switch no.Status {
		case http.StatusRequestTimeout, http.StatusLocked, http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
			return true
		}
		return false
	}
	return !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, errLocal)
}

// errLocal marks what the server has no part in.
var errLocal = errors.New("this machine")

func local(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w%w", forGood, err)
}

// forGood marks an error that no other attempt would mend.
var forGood = unspoken{errLocal}

// unspoken is an error that is there to be found, not to be read.
type unspoken struct{ error }

// Error says nothing.
func (unspoken) Error() string { return "" }

// Unwrap gives the mark.
func (u unspoken) Unwrap() error { return u.error }

// persist calls do until it succeeds, fails for good, or has failed too often
// in a row. Do tells whether it came any further.
func (c *Client) persist(ctx context.Context, do func() (further bool, err error)) error {
	pause := c.Pause
	for failed := 1; ; failed++ {
		further, err := do()
		if err == nil || !passing(err) || ctx.Err() != nil {
			return err
		}
		if further {
			failed, pause = 1, c.Pause
		}
		if failed >= c.Attempts {
			return fmt.Errorf("%w; %d attempts in a row failed: check the address and the connection, then run the same command again", plain(err), failed)
		}
		if c.Waiting != nil {
			c.Waiting(plain(err), pause)
		}
		if err := wait(ctx, pause/2+rand.N(pause/2+1)); err != nil {
			return err
		}
		pause = min(2*pause, time.Minute)
	}
}

// plain takes the method and the address off an error of net/http, which would
// be said twice.
func plain(err error) error {
	var request *url.Error
	if errors.As(err, &request) {
		return request.Err
	}
	return err
}

// send makes one request. The caller closes the body of an answer below 300.
func (c *Client) send(ctx context.Context, method, address string, body io.Reader, header map[string]string) (*http.Response, error) {
	target, err := c.base.Parse(c.base.Path + address)
	if err != nil {
		return nil, local(err)
	}
	req, err := http.NewRequestWithContext(ctx, method, target.String(), body)
	if err != nil {
		return nil, local(err)
	}
	if part, ok := body.(*counting); ok { // else it would go without its length
		if req.ContentLength = part.size; part.size == 0 {
			req.Body = http.NoBody
		}
	}
	for name, value := range header {
		req.Header.Set(name, value)
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	answer, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode < 300 {
		return answer, nil
	}
	defer answer.Body.Close()
	no := &Error{Status: answer.StatusCode, Title: http.StatusText(answer.StatusCode)}
	if text, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20)); err == nil && strings.Contains(answer.Header.Get("Content-Type"), "json") {
		_ = json.Unmarshal(text, no) // what is no problem document leaves the status
	}
	no.Status = answer.StatusCode
	return nil, no
}

// call asks for one JSON value, persistently.
func call[T any](ctx context.Context, c *Client, method, address string, in any) (out T, err error) {
	err = c.persist(ctx, func() (further bool, err error) {
		out, err = ask[T](ctx, c, method, address, in)
		return false, err
	})
	return out, err
}

// ask asks once.
func ask[T any](ctx context.Context, c *Client, method, address string, in any) (out T, err error) {
	var body io.Reader
	header := map[string]string{"Accept": "application/json"}
	if in != nil {
		data, err := json.Marshal(in)
		if err != nil {
			return out, local(err)
		}
		body, header["Content-Type"] = bytes.NewReader(data), "application/json"
	}
	answer, err := c.send(ctx, method, address, body, header)
	if err != nil {
		return out, err
	}
	defer answer.Body.Close()
	err = json.NewDecoder(answer.Body).Decode(&out)
	return out, err
}

// Find gives a version by its name, ITEM:VERSION, or by its digest.
func (c *Client) Find(ctx context.Context, name string) (*Media, error) {
	m, err := call[Media](ctx, c, http.MethodGet, "/api/v1/media?name="+url.QueryEscape(name), nil)
	return &m, err
}

// Submit turns an upload into a version in quarantine.
func (c *Client) Submit(ctx context.Context, s Submission) (*Media, error) {
	m, err := call[Media](ctx, c, http.MethodPost, "/api/v1/media", s)
	return &m, err
}

// Verify has the server hash the stored bytes of a version again.
func (c *Client) Verify(ctx context.Context, id int64) (*Verification, error) {
	v, err := call[Verification](ctx, c, http.MethodPost, fmt.Sprintf("/api/v1/media/%d/verification", id), nil)
	return &v, err
}

// Status is the status of an answer that said no, or 0.
func Status(err error) int {
	var no *Error
	if errors.As(err, &no) {
		return no.Status
	}
	return 0
}
