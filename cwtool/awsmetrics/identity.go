package awsmetrics

import (
	_ "embed"
	"slices"
	"sync"
)

//go:embed identities.yaml
var identitiesText []byte

// Identity is what the value of a dimension is of a resource: its name, for example, where a reference to it is its ARN.
type Identity struct {
	// Dimensions are those that name a resource of the type, each a namespace, a space and the dimension.
	Dimensions []string
	// Value is what returns the value: Ref, an attribute, or "property " and the resource's property that has it.
	Value string
	// Others are Ref and attributes that return something else, with what: the ARN.
	Others map[string]string
}

// IdentityOf returns what the value of a dimension is of a resource of a type, and whether that is known.
func IdentityOf(resourceType, namespace, dimension string) (Identity, bool) {
	i, ok := identities()[resourceType]
	return i, ok && slices.Contains(i.Dimensions, namespace+" "+dimension)
}

var identities = sync.OnceValue(func() map[string]Identity {
	var all map[string]Identity
	if err := decode(identitiesText, &all); err != nil {
		panic(err) // embedded: a test reads it
	}
	return all
})

// NamesResource reports whether a dimension is known to have the name or id of a resource, and not its ARN.
func NamesResource(namespace, dimension string) bool {
	for _, i := range identities() {
		if slices.Contains(i.Dimensions, namespace+" "+dimension) {
			return true
		}
	}
	return false
}
