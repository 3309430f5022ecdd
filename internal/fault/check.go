package fault

// Check collects problems, so that a refusal can name all of them at once.
// The zero Check is ready for use.
type Check struct {
	fields   []Field
	blockers []Blocker
}

// Field adds a problem with a form field.
func (c *Check) Field(name, message string) {
	c.fields = append(c.fields, Field{Name: name, Message: message})
}

// Need adds the problem unless ok.
func (c *Check) Need(ok bool, name, message string) {
	if !ok {
		c.Field(name, message)
	}
}

// Block adds reasons that stand in the way.
func (c *Check) Block(b ...Blocker) { c.blockers = append(c.blockers, b...) }

// Failed tells whether anything was found.
func (c *Check) Failed() bool { return len(c.fields)+len(c.blockers) > 0 }

// Err gives nil when nothing was found, Invalid when a field is wrong, and
// Refused when only rules stand in the way.
func (c *Check) Err(message string) error {
	switch {
	case len(c.fields) > 0:
		return &Fault{Kind: Invalid, Message: message, Fields: c.fields, Blockers: c.blockers}
	case len(c.blockers) > 0:
		return &Fault{Kind: Refused, Message: message, Blockers: c.blockers}
	}
	return nil
}
