package arithmetic

import (
	"fmt"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// tree draws an expression, with its value by the rules of fractions and how tightly its outermost operator binds.
func tree(t *rapid.T, depth int) (text string, v *big.Rat, binds int) {
	if depth == 0 || rapid.IntRange(0, 3).Draw(t, "leaf") == 0 {
		n := rapid.Int64Range(0, 99).Draw(t, "n")
		return fmt.Sprint(n), big.NewRat(n, 1), 9
	}
	op := rapid.IntRange(0, 3).Draw(t, "op")
	a, x, left := tree(t, depth-1)
	b, y, right := tree(t, depth-1)
	binds = 1 + op/2
	if left < binds {
		a = "(" + a + ")"
	}
	if right <= binds {
		b = "(" + b + ")"
	}
	sign := rapid.SampledFrom([][]string{{"+", "plus"}, {"-", "minus", "−"}, {"*", "x", "×", "times"}, {"÷", "divided by"}}[op]).Draw(t, "sign")
	v = new(big.Rat)
	switch op {
	case 0:
		v.Add(x, y)
	case 1:
		v.Sub(x, y)
	case 2:
		v.Mul(x, y)
	case 3:
		if y.Sign() == 0 {
			t.Skip("a division by zero")
		}
		v.Quo(x, y)
	}
	return a + " " + sign + " " + b, v, binds
}

func TestExpressionsHaveTheValueOfTheirTree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, want, _ := tree(t, 4)
		got, _, err := evaluate(read(text), nil)
		if err != nil || got.Cmp(want) != 0 {
			t.Fatalf("%s = %v, %v, want %v", text, got.Rat, err, want)
		}
	})
}

func TestNumeralsAreReadAsTheyAreWritten(t *testing.T) {
	roman := forms[len(forms)-1]
	for n := int64(1); n <= 3999; n++ {
		if s := roman.write(big.NewInt(n)); unroman(s) != n {
			t.Fatalf("%d is written %s, which is %d", n, s, unroman(s))
		}
	}
}

// Eratosthenes' sieve is the reference.
func TestPrimesAreThoseOfTheSieve(t *testing.T) {
	composite := make([]bool, 2000)
	for i := 2; i < len(composite); i++ {
		if prime(i) == composite[i] {
			t.Errorf("that %d is prime: %t", i, prime(i))
		}
		for j := 2 * i; j < len(composite) && !composite[i]; j += i {
			composite[j] = true
		}
		product := 1
		for _, p := range primeFactors(i) {
			if product *= p; composite[p] {
				t.Errorf("%d has the factor %d", i, p)
			}
		}
		if product != i {
			t.Errorf("the prime factors of %d are %v", i, primeFactors(i))
		}
	}
}
