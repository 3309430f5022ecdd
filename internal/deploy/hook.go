package deploy

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
	"time"

	"slipway/internal/db"
	"slipway/internal/fault"
	"slipway/internal/state"
)

// Hook is where another deployer is asked to deploy to an environment. Messages
// to it are signed as Standard Webhooks says, with a secret that is shown once.
type Hook struct {
	db.Row
	EnvironmentID int64
	URL           string
	URLBy         string // who says that it is there
	URLAt         db.Time
	Sealed        string // the secret
	SecretBy      string
	SecretAt      db.Time
	ReplyMinutes  int64 // within which it reports on what it took
}

// HookDraft is what a person says of another deployer.
type HookDraft struct {
	URL          string
	ReplyMinutes int64
}

// ReplyStandard is how many minutes another deployer has where nobody said.
const ReplyStandard = 240

func (d *HookDraft) validate() error {
	var c fault.Check
	d.URL = checkURL(&c, d.URL)
	c.Need(d.ReplyMinutes >= 1 && d.ReplyMinutes <= week, "reply_minutes", "Enter 1 to 10,080 minutes.")
	return c.Err("The address was not saved.")
}

func (h *Hook) reply() time.Duration { return time.Duration(h.ReplyMinutes) * time.Minute }

// TableName is the table of hooks.
func (Hook) TableName() string { return "environment_hooks" }

func (h *Hook) purpose() string {
	return fmt.Sprintf("webhook secret of environment %d", h.EnvironmentID)
}

// Ready tells whether messages can be sent.
func (h *Hook) Ready() bool { return h.URL != "" && h.Sealed != "" }

const secretPrefix = "whsec_"

// newSecret makes a secret as Standard Webhooks writes it.
func newSecret() string {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // which never fails
	return secretPrefix + base64.StdEncoding.EncodeToString(key)
}

// sign gives the signature of a message, as the header webhook-signature takes it.
func sign(secret, id string, at time.Time, body []byte) (string, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, secretPrefix))
	if err != nil {
		return "", fmt.Errorf("the secret of the webhook: %w", err)
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%d.%s", id, at.Unix(), body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)), nil
}

func checkURL(c *fault.Check, text string) string {
	text = strings.TrimSpace(text)
	u, err := url.Parse(text)
	c.Need(err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && len(text) <= 500, "url", "Enter an address that begins with https:// or http://.")
	c.Need(err != nil || u.User == nil, "url", "Leave user and password out of the address; messages are signed instead.")
	return text
}

// MessageState is where a message to another deployer stands.
type MessageState string

// The states of a message.
const (
	MessageWaiting MessageState = "Waiting"
	MessageSent    MessageState = "Sent"
	MessageFailed  MessageState = "Failed"
)

// MessageStates lists every state.
func MessageStates() []MessageState {
	return []MessageState{MessageWaiting, MessageSent, MessageFailed}
}

// Scan refuses a stored word that is no state.
func (s *MessageState) Scan(src any) error { return state.ScanWord(s, src, MessageStates()) }

// MessageVerb moves a message.
type MessageVerb string

// The verbs of a message.
const (
	MessageSend MessageVerb = "be sent"
	MessageFail MessageVerb = "fail"
)

// MessageVerbs lists every verb.
func MessageVerbs() []MessageVerb { return []MessageVerb{MessageSend, MessageFail} }

var messageMoves = state.Table[MessageState, MessageVerb]{
	{MessageWaiting, MessageSend, MessageSent},
	{MessageWaiting, MessageFail, MessageFailed},
}

// Message asks another deployer to bring a package to targets of a wave, or to
// put them back. Its id and body stay the same however often it is sent.
type Message struct {
	db.Row
	WaveID        int64
	ReleaseID     int64
	EnvironmentID int64
	MessageID     string
	Purpose       string // ForDeploy or ForBackOut
	State         MessageState
	Body          string
	Targets       int64
	Tries         int64
	SentAt        db.Time // taken by the other side
	NextAt        db.Time // of the next try
	Status        int64   // that it answered last; 0 is no answer
	Answer        string  // the beginning of it, or why there is none
}

// TableName is the table of messages.
func (Message) TableName() string { return "hook_messages" }

func (m *Message) move(verb MessageVerb) error {
	to, err := messageMoves.Next("The message "+m.MessageID, m.State, verb)
	if err == nil {
		m.State = to
	}
	return err
}

const (
	messageTargets = 1000 // at most, in one message
	messageTries   = 10
)

// rest is how long a message waits after so many tries: five seconds, doubled
// each time up to an hour.
func rest(tries int64) time.Duration {
	return min(5*time.Second<<min(max(tries-1, 0), 12), time.Hour)
}

// The types of messages.
const (
	askDeploy  = "deployment.requested"
	askBackOut = "deployment.back_out_requested"
)

// asking is the body of a message.
type asking struct {
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"`
	Data      askedOf   `json:"data"`
}

type askedOf struct {
	Release     string       `json:"release"`
	Title       string       `json:"title"`
	Wave        int64        `json:"wave"`
	WaveName    string       `json:"wave_name"`
	Environment string       `json:"environment"`
	Package     string       `json:"package"`
	Digest      string       `json:"digest"`
	Components  []askedPart  `json:"components"`
	Targets     []askedPlace `json:"targets"`
	Callback    string       `json:"callback"`
}

type askedPart struct {
	Kind    string `json:"kind"`
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
	Digest  string `json:"digest,omitempty"`
	File    string `json:"file,omitempty"`
}

type askedPlace struct {
	Key     string `json:"key"`
	Name    string `json:"name"`
	Attempt int64  `json:"attempt"`
	Former  string `json:"former_digest,omitempty"`
}

// HookView is the hook of an environment with the newest messages to it.
type HookView struct {
	Hook
	Messages []Message
	CanEdit  bool
}
