package template

import "strings"

// WithPseudoParameters returns a text with the account and Region that the template is deployed to, where they are known, in place of
// ${AWS::AccountId} and ${AWS::Region}.
func (t *Template) WithPseudoParameters(text string) string {
	if t.Account != "" {
		text = strings.ReplaceAll(text, "${AWS::AccountId}", t.Account)
	}
	if t.Region != "" {
		text = strings.ReplaceAll(text, "${AWS::Region}", t.Region)
	}
	return text
}
