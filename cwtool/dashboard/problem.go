package dashboard

import (
	"errors"
	"fmt"
)

// Problem is what cannot be read in a dashboard's body, or what CloudWatch refuses in it.
type Problem struct {
	Template, LogicalID string
	// At is the place in the body, such as widget 2.metrics[0]; empty where it is the body as a whole.
	At      string
	Message string
	// Unresolved reports whether only a deployment knows the body.
	Unresolved bool
}

// Text returns the place and the message.
func (p *Problem) Text() string {
	if p.At == "" {
		return p.Message
	}
	return p.At + ": " + p.Message
}

func (p *Problem) Error() string { return fmt.Sprintf("%s, %s: %s", p.Template, p.LogicalID, p.Text()) }

// Problems returns the problems that are joined in an error of this package.
func Problems(err error) (list []*Problem) {
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		for _, each := range joined.Unwrap() {
			list = append(list, Problems(each)...)
		}
		return list
	}
	var p *Problem
	if errors.As(err, &p) {
		list = append(list, p)
	}
	return list
}

// problems are those of one body.
type problems []*Problem

// in returns the problems, now of a dashboard, joined.
func (list problems) in(template, logicalID string) error {
	var errs []error
	for _, p := range list {
		p.Template, p.LogicalID = template, logicalID
		errs = append(errs, p)
	}
	return errors.Join(errs...)
}
