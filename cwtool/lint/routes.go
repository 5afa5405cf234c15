package lint

import "slices"

// forbidden is what the key's policy does not let the sender's service do; empty where it may do all it needs.
func (s sender) forbidden(key place) string {
	policy := statements(key, "KeyPolicy")
	for _, action := range usable {
		if !slices.ContainsFunc(policy, func(statement map[string]any) bool {
			return statement["Effect"] == "Allow" && covers(statement, action) && principal(statement, s.service) && s.meets(statement)
		}) {
			return action
		}
	}
	return ""
}
