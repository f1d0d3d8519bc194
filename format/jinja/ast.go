package jinja

// An expr is a node of an expression.
type expr interface{ line() int }

type pos int // line of the template

func (p pos) line() int { return int(p) }

type (
	constant struct {
		pos
		v value
	}
	name struct {
		pos
		id string
	}
	attribute struct {
		pos
		of expr
		id string
	}
	subscript struct {
		pos
		of, at expr
	}
	slice struct {
		pos
		from, to, step expr // nil where left out
	}
	call struct {
		pos
		fn   expr
		args callArgs
	}
	filter struct {
		pos
		of   expr // nil in a filter block
		id   string
		args callArgs
	}
	test struct {
		pos
		of   expr
		id   string
		args callArgs
		not  bool
	}
	unary struct {
		pos
		op string // "not", "-", "+"
		of expr
	}
	binary struct {
		pos
		op   string // + - * / // % ** and or
		a, b expr
	}
	concat struct {
		pos
		of []expr
	}
	comparison struct {
		pos
		first expr
		ops   []string
		rest  []expr
	}
	choice struct {
		pos
		cond, yes, no expr // no may be nil
	}
	sequence struct {
		pos
		items []expr
		tuple bool
	}
	mapping struct {
		pos
		keys, vals []expr
	}
)

// callArgs are the arguments of a call, *list and **dict last.
type callArgs struct {
	at          []expr
	names       []string
	named       []expr
	more, pairs expr // nil where there are none
}

// A stmt is a node of the template's body.
type stmt interface{ line() int }

type (
	output struct {
		pos
		s string // text of the template
	}
	printed struct {
		pos
		e expr
	}
	ifStmt struct {
		pos
		conds  []expr
		bodies [][]stmt // one more than conds where there is an else
	}
	forStmt struct {
		pos
		target       expr
		iter, cond   expr // cond may be nil
		body, orElse []stmt
		recursive    bool
	}
	setStmt struct {
		pos
		target expr
		e      expr // nil for a block
		body   []stmt
		filter *filter // on the block's text, may be nil
	}
	macro struct {
		pos
		id       string
		params   []string
		defaults []expr // of the last params
		body     []stmt
		caller   bool // the body names it
		rest     bool // and varargs or kwargs
		pairs    bool
	}
	callStmt struct {
		pos
		call *call
		with *macro
	}
	filterStmt struct {
		pos
		filter *filter
		body   []stmt
	}
	withStmt struct {
		pos
		targets, vals []expr
		body          []stmt
	}
	generation struct {
		pos
		body []stmt
	}
	jump struct {
		pos
		stop bool // break, not continue
	}
)
