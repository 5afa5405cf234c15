package metricmath

// Tree is a parsed expression for those who translate it: one of Number, Reference, Call, Binary and Negation. What only makes sense to
// CloudWatch (arrays, words) is a Call without a name, whose arguments are its elements.
type Tree interface{ tree() }

// The forms of a tree.
type (
	// Number is a literal.
	Number float64
	// Reference is the id of a metric or of another expression.
	Reference string
	// Call is a function with its arguments.
	Call struct {
		Function  string
		Arguments []Tree
	}
	// Binary is two operands and what joins them, as CloudWatch writes it: + - * / ^ == != < <= > >= AND && OR ||.
	Binary struct {
		Operator    string
		Left, Right Tree
	}
	// Negation is a minus sign before its operand.
	Negation struct{ Operand Tree }
)

func (Number) tree()    {}
func (Reference) tree() {}
func (Call) tree()      {}
func (Binary) tree()    {}
func (Negation) tree()  {}

// Tree returns the expression's structure.
func (e *Expr) Tree() Tree { return e.root.tree() }

func (n *node) tree() Tree {
	var args []Tree
	for _, a := range n.args {
		args = append(args, a.tree())
	}
	switch n.kind {
	case numberNode:
		return Number(n.number)
	case referenceNode:
		return Reference(n.name)
	case negationNode:
		return Negation{args[0]}
	case operatorNode:
		return Binary{n.name, args[0], args[1]}
	case callNode:
		return Call{n.name, args}
	}
	return Call{"", args}
}
