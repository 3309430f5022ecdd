package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"slipway/internal/app"
	"slipway/internal/audit"
	"slipway/internal/client"
	"slipway/internal/db"
	"slipway/internal/dml/blob"
	"slipway/internal/identity"
)

// The server is killed again and again while media are uploaded, pushed and
// accepted. What it answered for is there afterwards, to the byte; what it did
// not answer for is there whole or not at all.
func TestKilledWhileMediaComeIn(t *testing.T) {
	const kills = 15
	s := newShippers(t)
	s.server.start()
	defer s.server.kill()
	s.signIn()
	chance := rand.New(rand.NewPCG(3, 4)) // when it is killed depends on the machine all the same
	for n := range kills {
		mark, decided := s.answered.Load()+2+chance.Int64N(40), s.decided.Load()
		round := s.begin(n)
		for s.answered.Load() < mark || n%2 == 1 && s.decided.Load() == decided {
			time.Sleep(time.Millisecond)
			if t.Failed() {
				return
			}
		}
		time.Sleep(time.Duration(chance.IntN(8)) * time.Millisecond)
		s.server.kill()
		round.Wait()
		s.server.start()
		s.whole(n)
	}
	for n := range kills {
		s.whole(n)
	}
	s.server.kill()
	t.Logf("%d kills, %d answers, %d uploads, %d pushes, %d accepted", kills, s.answered.Load(), s.count(uploaded), s.count(pushed), s.count(accepted))
	if s.count(uploaded) < kills/2 || s.count(pushed) < kills/2 || s.count(accepted) < kills/3 {
		t.Error("too little was done to prove anything")
	}
	s.consistent()
}

type did string

const (
	uploaded did = "uploaded"
	pushed   did = "pushed"
	accepted did = "accepted"
)

// shipped is what was sent to the library, and what of that was answered.
type shipped struct {
	round       int
	item, label string
	content     []byte
	manifest    []byte // of a push
	answers     map[did]bool
}

func (m *shipped) name() string { return m.item + ":" + m.label }

// shippers send to one server: an upload, a push, and a custodian at a time.
type shippers struct {
	t        *testing.T
	server   *victim
	client   *client.Client
	token    string
	cora     *http.Client
	answered atomic.Int64
	decided  atomic.Int64

	mu   sync.Mutex
	sent []*shipped
}

func newShippers(t *testing.T) *shippers {
	t.Helper()
	ctx, data := context.Background(), t.TempDir()
	a, err := app.Open(ctx, app.Config{Data: data})
	must(t, err)
	for name, role := range map[string]identity.Role{"bruno": identity.BuildManager, "cora": identity.DMLCustodian} {
		_, err := a.Identity.CreateUser(ctx, shell(), identity.Account{Username: name, Name: name, Password: "a long enough one"}, []identity.Grant{{Role: role}})
		must(t, err)
	}
	must(t, a.Close())
	s := &shippers{t: t, server: &victim{t: t, data: data, address: freeAddress(t)}, token: tokenFor(t, data, "dml:write")}
	s.client, err = client.New("http://"+s.server.address, s.token)
	must(t, err)
	s.client.Attempts = 1
	jar, err := cookiejar.New(nil)
	must(t, err)
	s.cora = &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return s
}

func (s *shippers) at(path string) string { return "http://" + s.server.address + path }

func (s *shippers) signIn() {
	s.t.Helper()
	answer, err := s.cora.PostForm(s.at("/login"), url.Values{"username": {"cora"}, "password": {"a long enough one"}})
	must(s.t, err)
	answer.Body.Close()
	if answer.StatusCode != http.StatusSeeOther {
		s.t.Fatalf("cora cannot sign in: %d", answer.StatusCode)
	}
}

// begin has everybody work until the server is gone.
func (s *shippers) begin(round int) *sync.WaitGroup {
	all := &sync.WaitGroup{}
	queue := make(chan *shipped, 1000)
	all.Go(func() { s.keepOn(round, "file", queue, s.upload) })
	all.Go(func() { s.keepOn(round, "image", queue, s.push) })
	all.Go(func() {
		for m := range queue {
			if s.accept(m) != nil {
				break
			}
		}
	})
	return all
}

// keepOn sends one after another until one fails.
func (s *shippers) keepOn(round int, kind string, queue chan<- *shipped, send func(*shipped) error) {
	for n := 0; ; n++ {
		content := bytes.Repeat(fmt.Appendf(nil, "%s %d of round %d\n", kind, n, round), 4000)
		m := &shipped{round: round, item: fmt.Sprintf("kill/%s-%d", kind, round), label: fmt.Sprint(n), content: content, answers: map[did]bool{}}
		s.mu.Lock()
		s.sent = append(s.sent, m)
		s.mu.Unlock()
		if send(m) != nil {
			if kind == "file" {
				close(queue)
			}
			return
		}
		if kind == "file" {
			queue <- m
		}
	}
}

func (s *shippers) note(m *shipped, what did) {
	s.mu.Lock()
	m.answers[what] = true
	s.mu.Unlock()
	s.answered.Add(1)
}

func (s *shippers) upload(m *shipped) error {
	ctx := context.Background()
	id, err := s.client.Put(ctx, client.File{ReaderAt: bytes.NewReader(m.content), Name: "file.txt", Size: int64(len(m.content)), Digest: blob.Of(m.content).String()}, func(int64) {})
	if err != nil {
		return err
	}
	if _, err := s.client.Submit(ctx, client.Submission{Upload: id, Item: m.item, Version: m.label, Name: "File", Kind: "software"}); err != nil {
		if client.Status(err) != 0 {
			s.t.Errorf("submit %s: %v", m.name(), err)
		}
		return err
	}
	s.note(m, uploaded)
	return nil
}

// registry asks the registry as bruno; 0 is no answer.
func (s *shippers) registry(method, path, kind string, body []byte) (int, []byte) {
	req, err := http.NewRequest(method, s.at("/v2/"+path), bytes.NewReader(body))
	if err != nil {
		s.t.Error(err)
		return 0, nil
	}
	req.SetBasicAuth("bruno", s.token)
	req.Header.Set("Content-Type", kind)
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return 0, nil
	}
	return answer.StatusCode, text
}

const manifestType = "application/vnd.oci.image.manifest.v1+json"

func (s *shippers) push(m *shipped) error {
	empty := []byte("{}")
	m.manifest = fmt.Appendf(nil, `{"schemaVersion":2,"mediaType":%q,"artifactType":"application/vnd.example.file","config":{"mediaType":"application/vnd.oci.empty.v1+json","digest":%q,"size":2},"layers":[{"mediaType":"text/plain","digest":%q,"size":%d}]}`,
		manifestType, blob.Of(empty), blob.Of(m.content), len(m.content))
	for _, part := range [][]byte{empty, m.content} {
		if status, said := s.registry(http.MethodPost, "incoming/"+m.item+"/blobs/uploads/?digest="+url.QueryEscape(blob.Of(part).String()), "application/octet-stream", part); status != http.StatusCreated {
			return s.unanswered("push", m, status, said)
		}
	}
	if status, said := s.registry(http.MethodPut, "incoming/"+m.item+"/manifests/"+m.label, manifestType, m.manifest); status != http.StatusCreated {
		return s.unanswered("push", m, status, said)
	}
	s.note(m, pushed)
	return nil
}

// unanswered tells a server that is gone from one that refuses.
func (s *shippers) unanswered(what string, m *shipped, status int, said []byte) error {
	if status != 0 {
		s.t.Errorf("%s %s: %d %.500s", what, m.name(), status, said)
	}
	return fmt.Errorf("%s %s: %d", what, m.name(), status)
}

var acceptForm = regexp.MustCompile(`(?s)action="(/dml/versions/\d+/accept)".*?name="version" value="(\d+)"`)

// accept decides as cora does, on the item's page.
func (s *shippers) accept(m *shipped) error {
	found, err := s.client.Find(context.Background(), m.name())
	if err != nil {
		return err
	}
	answer, err := s.cora.Get(s.at("/dml/" + m.item))
	if err != nil {
		return err
	}
	text, err := io.ReadAll(answer.Body)
	answer.Body.Close()
	if err != nil {
		return err
	}
	for _, form := range acceptForm.FindAllSubmatch(text, -1) {
		if string(form[1]) != fmt.Sprintf("/dml/versions/%d/accept", found.ID) {
			continue
		}
		answer, err := s.cora.PostForm(s.at(string(form[1])), url.Values{"version": {string(form[2])}})
		if err != nil {
			return err
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusSeeOther {
			s.t.Errorf("cora cannot accept %s: %d", m.name(), answer.StatusCode)
			continue
		}
		s.note(m, accepted)
		s.decided.Add(1)
		return nil
	}
	s.t.Errorf("the page of %s has no form to accept it", m.name())
	return nil
}

// whole asks for all that was sent in a round.
func (s *shippers) whole(round int) {
	s.t.Helper()
	for _, m := range s.sent {
		if m.round != round {
			continue
		}
		if m.manifest != nil {
			s.pulled("incoming/", m, m.answers[pushed])
			continue
		}
		s.downloaded(m)
	}
}

func (s *shippers) downloaded(m *shipped) {
	s.t.Helper()
	found, err := s.client.Find(context.Background(), m.name())
	if client.Status(err) == http.StatusNotFound && !m.answers[uploaded] {
		return
	}
	if err != nil {
		s.t.Errorf("%s, answered %v: %v", m.name(), m.answers, err)
		return
	}
	var got bytes.Buffer
	if err := s.client.Get(context.Background(), found, client.NewSum(), 0, &got); err != nil || !bytes.Equal(got.Bytes(), m.content) {
		s.t.Errorf("%s came back otherwise: %v", m.name(), err)
	}
	if m.answers[accepted] && found.State != "Accepted" {
		s.t.Errorf("%s was accepted and is %s", m.name(), found.State)
	}
	if found.State == "Accepted" {
		s.served(m)
	}
}

// served demands that what is accepted can be pulled, with every part.
func (s *shippers) served(m *shipped) {
	s.t.Helper()
	status, text := s.registry(http.MethodGet, "dml/"+m.item+"/manifests/"+m.label, "", nil)
	if status != http.StatusOK {
		s.t.Errorf("%s is accepted, and its manifest answers %d", m.name(), status)
		return
	}
	var manifest struct{ Layers []struct{ Digest string } }
	if err := json.Unmarshal(text, &manifest); err != nil || len(manifest.Layers) != 1 {
		s.t.Errorf("%s: %v in %s", m.name(), err, text)
		return
	}
	if status, got := s.registry(http.MethodGet, "dml/"+m.item+"/blobs/"+manifest.Layers[0].Digest, "", nil); status != http.StatusOK || !bytes.Equal(got, m.content) {
		s.t.Errorf("%s: its layer answers %d with %d bytes", m.name(), status, len(got))
	}
}

func (s *shippers) pulled(view string, m *shipped, must bool) {
	s.t.Helper()
	status, text := s.registry(http.MethodGet, view+m.item+"/manifests/"+m.label, "", nil)
	if status == http.StatusNotFound && !must {
		return
	}
	if status != http.StatusOK || !bytes.Equal(text, m.manifest) {
		s.t.Errorf("%s, answered %v: the manifest answers %d", m.name(), m.answers, status)
		return
	}
	if status, got := s.registry(http.MethodGet, view+m.item+"/blobs/"+blob.Of(m.content).String(), "", nil); status != http.StatusOK || !bytes.Equal(got, m.content) {
		s.t.Errorf("%s: its layer answers %d with %d bytes", m.name(), status, len(got))
	}
}

func (s *shippers) count(what did) (n int) {
	for _, m := range s.sent {
		if m.answers[what] {
			n++
		}
	}
	return n
}

// consistent looks at the folder with no server over it.
func (s *shippers) consistent() {
	s.t.Helper()
	if status, out := slipway(s.t, "dml", "verify", "--data", s.server.data); status != 0 || !strings.Contains(out, "All match") {
		s.t.Errorf("%d %s", status, out)
	}
	a, err := app.Open(context.Background(), app.Config{Data: s.server.data})
	must(s.t, err)
	defer a.Close()
	must(s.t, a.DB.View(context.Background(), func(tx *db.Tx) error { _, err := audit.Verify(tx); return err }))
}
