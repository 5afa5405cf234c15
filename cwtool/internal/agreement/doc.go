// Package agreement has tests that hold the packages of cwtool together: what one of them says of an alarm, all say.
package agreement
