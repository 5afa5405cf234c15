package coreapi

import "github.com/restartix/core-api-monitoring/metrics"

// Shard is the name of an enterprise shard, as the environment's file lists it. What a shard serves is published with its name and counts
// nowhere else.
type Shard string

// Replica is the name of a read replica, as the environment's file lists it: replica-1.
type Replica string

// EndpointCategory is the latency class of a route, by which the latency objectives are measured.
type EndpointCategory uint8

const (
	// ReadSimple is a GET of one resource by its id.
	ReadSimple EndpointCategory = iota + 1
	// ReadComplex is a list with filters, joins or the evaluation of a segment.
	ReadComplex
	// WriteSimple creates or updates one resource.
	WriteSimple
	// WriteComplex is an operation of several steps, such as booking an appointment.
	WriteComplex
	// ExportReport generates a PDF, a CSV or an analysis. It alone has the long timeouts, for the request and for its queries.
	ExportReport
	// Stream answers for as long as the client listens, as server-sent events and WebSockets do: it has no timeout and no duration, and is
	// counted as a request when it ends.
	Stream
)

var categoryNames = [...]string{
	ReadSimple: "read-simple", ReadComplex: "read-complex", WriteSimple: "write-simple", WriteComplex: "write-complex", ExportReport: "export-report",
}

// measured are the categories with durations: the values of the dimension.
var measured = []EndpointCategory{ReadSimple, ReadComplex, WriteSimple, WriteComplex, ExportReport}

// dimension is a name and its value. Only the types of this file make one, so that none is published which the contract does not know.
type dimension interface{ dimension() Dimension }

// Dimension is the name of a CloudWatch dimension and its value.
type Dimension struct {
	Name  metrics.Dimension
	Value string
}

type environment string

// poolName is "primary", or the replica's name for the pool that reads from it.
type poolName string

const primary poolName = "primary"

// method is one of metrics.Methods.
type method string

func (v environment) dimension() Dimension { return Dimension{metrics.Environment, string(v)} }
func (v Shard) dimension() Dimension       { return Dimension{metrics.Shard, string(v)} }
func (v Replica) dimension() Dimension     { return Dimension{metrics.Replica, string(v)} }
func (v poolName) dimension() Dimension    { return Dimension{metrics.Pool, string(v)} }
func (v method) dimension() Dimension      { return Dimension{metrics.Method, string(v)} }
func (v EndpointCategory) dimension() Dimension {
	return Dimension{metrics.EndpointCategory, categoryNames[v]}
}
