package plan

import (
	"slices"
	"strings"

	"slipway/internal/db"
	"slipway/internal/fault"
)

// Stakeholder is somebody whom a release concerns. ReleaseID 0 is the service's
// own register, from which each release's is copied.
type Stakeholder struct {
	db.Row
	ServiceID int64
	ReleaseID int64
	PersonID  int64 // 0: no account, told and asked by other means
	Name      string
	Interest  int64  // 1 to 5
	Influence int64  // 1 to 5
	RACI      string `gorm:"column:raci"`
	Channel   string
	Duty      string
	Required  bool // has to agree to the plan
}

// RACIs are the parts a stakeholder may have: letter and word.
func RACIs() [][2]string {
	return [][2]string{{"R", "Responsible"}, {"A", "Accountable"}, {"C", "Consulted"}, {"I", "Informed"}}
}

// Approach is what interest and influence together ask for.
func (s *Stakeholder) Approach() string {
	switch high := int64(3); {
	case s.Interest >= high && s.Influence >= high:
		return "Work closely together"
	case s.Influence >= high:
		return "Keep satisfied"
	case s.Interest >= high:
		return "Keep informed"
	}
	return "Keep an eye on"
}

func (s *Stakeholder) validate(others []Stakeholder) error {
	s.Name, s.Channel, s.Duty = strings.TrimSpace(s.Name), strings.TrimSpace(s.Channel), strings.TrimSpace(s.Duty)
	var check fault.Check
	check.Need(s.Name != "", "name", "Choose a person, or write a name.")
	check.Need(s.Interest >= 1 && s.Interest <= 5, "interest", "Choose the interest, 1 to 5.")
	check.Need(s.Influence >= 1 && s.Influence <= 5, "influence", "Choose the influence, 1 to 5.")
	check.Need(slices.ContainsFunc(RACIs(), func(r [2]string) bool { return r[0] == s.RACI }), "raci", "Choose a part.")
	check.Need(!s.Required || s.PersonID != 0, "required", "Only somebody with an account can agree here.")
	for _, other := range others {
		if other.ID == s.ID {
			continue
		}
		check.Need(s.PersonID == 0 || other.PersonID != s.PersonID, "person", s.Name+" is on the list already.")
		check.Need(s.RACI != "A" || other.RACI != "A", "raci", other.Name+" is accountable; there is only one.")
	}
	return check.Err("The stakeholder cannot be saved.")
}

// Notice is one planned message: who is told what, by when.
type Notice struct {
	db.Row
	ReleaseID  int64
	ReleaseKey string
	Number     int64
	Audience   string
	Channel    string
	Text       string
	Action     string `gorm:"column:action_text"` // what the reader has to do
	Contact    string
	SendBy     db.Time
	SentAt     db.Time
	SentByID   int64
	SentBy     string
	Acks       []Acknowledgement `gorm:"-"`
}

// Acknowledgement is a person's word that the notice was read.
type Acknowledgement struct {
	ID         int64
	NoticeID   int64
	PersonID   int64
	PersonName string
	GivenAt    db.Time
}

// Late tells whether the notice should have been sent.
func (n *Notice) Late(now db.Time) bool {
	return n.SentAt.IsZero() && n.SendBy != 0 && n.SendBy.Before(now)
}

func (n *Notice) validate() error {
	n.Audience, n.Text = strings.TrimSpace(n.Audience), strings.TrimSpace(n.Text)
	var check fault.Check
	check.Need(n.Audience != "", "audience", "Say who is told.")
	check.Need(n.Text != "", "text", "Write what they are told: the change, the outage, what to do.")
	check.Need(n.SendBy != 0, "send_by", "Say by when it has to be sent.")
	return check.Err("The notice cannot be saved.")
}
