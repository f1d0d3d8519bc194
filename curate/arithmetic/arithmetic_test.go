package arithmetic

import (
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/cria-llm/cria/curate"
	"github.com/cria-llm/cria/curate/curatetest"
)

func find(text string) []curate.Finding { return Detectors()[0].Look(curatetest.Exchange(text)) }

func TestTheExampleIsFound(t *testing.T) {
	for _, d := range Detectors() {
		if got := d.Look(curatetest.Exchange(d.Example)); len(got) != 1 || got[0].Detector != d.Name {
			t.Errorf("%s: %q gives %v", d.Name, d.Example, got)
		}
	}
}

func TestWrongResultsAreFoundAndPutRight(t *testing.T) {
	for text, want := range map[string]string{ // "" where the right text is not certain
		"Calculate 3 + 4 x 2. → 14":                                                                   "11",
		"What is (2+3)^2? → (2+3)^2 is 10.":                                                           "(2+3)^2 is 25.",
		"Calculate the following. | 12 × 7 = → 12 × 7 = 85":                                           "12 × 7 = 84",
		"Evaluate 1,250 + 750 → The result is 2,100.":                                                 "The result is 2,000.",
		"What is 15% of 80? → 15% of 80 is 15.":                                                       "15% of 80 is 12.",
		"What is 3/4 + 7/8? → The sum is 11/8.":                                                       "The sum is 13/8.",
		"What is the square root of 144? → It is 14.":                                                 "It is 12.",
		"Calculate 6 squared divided by 8 → The answer is 0.75.":                                      "The answer is 4.5.",
		"Calculate the average of the numbers 24, 39 and 15. → 26.33":                                 "26",
		"Find the median. | 3, 7, 2, 8, 9, 1 → 4":                                                     "5",
		"Find the greatest common divisor of 24 and 18 → 8":                                           "6",
		"Find the factorial of 5 → 100":                                                               "120",
		"Find the value of x. | 4x - 2 = 10 → x = 6":                                                  "x = 3",
		"Evaluate the expression 2x+7 for x=2. → 12":                                                  "11",
		"Increase 50 by 10%. → 60":                                                                    "55",
		"What percentage of 200 is 30? → 20%":                                                         "15%",
		"Convert 5 yards to feet → 5 yards is equal to 16 feet.":                                      "5 yards is equal to 15 feet.",
		"Convert 100 C to Fahrenheit. → 100 C is 200 Fahrenheit.":                                     "100 C is 212 Fahrenheit.",
		"Convert 20 inches to cm. → 30 cm":                                                            "50.8 cm",
		"Find the area of a triangle with base 4 and height 5. → The area is 20 square cm.":           "The area is 10 square cm.",
		"Calculate the surface area of a cube with 4 cm sides. → 64 cm2":                              "96 cm2",
		"Find the volume. | Box: length 2 m, width 3 m, height 4 m → 20":                              "24",
		"Find the perimeter of a triangle with sides 5, 6 and 7. → 30":                                "18",
		"Convert the given area into hectares. | 20000 square meters → 20 hectares":                   "2 hectares",
		"Convert the temperature from Celsius to Fahrenheit. | -10 → 50":                              "14",
		"Convert 2 hours and 15 minutes into seconds. → 7,100 seconds":                                "8,100 seconds",
		"Convert 67 to binary. → 1000010":                                                             "1000011",
		"Calculate the total. | Apple - $2.99\nPear - $1.51 → $4.48":                                  "$4.50",
		"Convert 0.45 to a fraction. → 4/9":                                                           "9/20",
		"Convert the measurement into its equivalent in meters. | 2.5 feet → 2.5 feet are 0.5 meters": "2.5 feet are 0.762 meters",
		"Calculate the total. | Apple - $2.99\nPear - $1.50 → $4.48":                                  "$4.49",
		"Calculate the average temperature. | Day 1: 15 degrees\nDay 2: 25 degrees → 21 degrees":      "",
		"Convert the number 278 to hexadecimal. → It is 112.":                                         "It is 116.",
		"Convert this to Roman numerals: 49 → IL":                                                     "XLIX",
		"Convert the Roman numeral XLIX to a number. → 51":                                            "49",
		"What is the decimal value of the binary number 1011? → 13":                                   "11",
		"List the prime numbers between 15 and 25. → 17, 19, 23, 25":                                  "17, 19, 23",
		"Is 91 a prime number? → Yes, 91 is a prime number.":                                          "",
		"What are the prime factors of 60? → 2, 3, 7":                                                 "2, 2, 3, 5",
		"Find the sum of all odd numbers from 1-50. → 600":                                            "625",
		"Divide the given number by 3. | 147 → 48":                                                    "49",
		"Evaluate 2x - 3y when x = 5 and y = 4. → 10":                                                 "-2",
		"What is the total cost of 10 apples at $2 each? → The total cost is $25.":                    "The total cost is $20.",
		"Calculate the total price. | Item price: $50, Sales tax: 8% → $58":                           "$54",
		"Calculate the final price. | Price: $80, Discount: 25% → $55":                                "$60",
		"What is the area of a circle with a radius of 3? → 18":                                       "",
		"Sort these numbers in ascending order. | 5, 2, 9 → 2, 9, 5":                                  "2, 5, 9",
		"How many eggs are in 5 boxes of 3? → There are 5 x 3 = 16 eggs.":                             "",
		"A farmer has 12 cows. He buys 9. How many now? → 12 + 9 = 22, so he has 22.":                 "",
		"Compute the average of five numbers. | 3, 5 → Average = (3 + 5 + 10 + 12) / 5 = 7.":          "",
	} {
		got := find(text)
		if len(got) != 1 {
			t.Errorf("%q gives %d findings", text, len(got))
			continue
		}
		f := got[0]
		switch _, answer, _ := strings.Cut(text, " → "); {
		case want == "":
			if f.Certain {
				t.Errorf("%q is certainly %q", text, *f.Suggestion)
			}
		case f.Suggestion == nil || *f.Suggestion != want || !f.Certain:
			t.Errorf("%q: %+v, want %q", answer, f, want)
		}
	}
}

func TestRightAndUnreadableResultsAreLeftAlone(t *testing.T) {
	for _, text := range []string{
		"Calculate 3 + 4 x 2. → 11",
		"Calculate 3 + 4 x 2. → 3 + 4 x 2 = 3 + 8 = 11",
		"What is 7/8 as a decimal → 7/8 as a decimal is 0.875.",
		"What is 2/3 as a decimal? → 0.67",
		"What is 18 divided by 7? → 2.5714285714285716",
		"What is 1000000 * 3? → 3 million",
		"What is 43% of 100 → 43",
		"Convert the following decimal into a percentage: 0.43 → 43%",
		"What is the sum of 2 and 2? → Four.",
		"What is 6/2(1+2)? → 1",
		"What is -3^2? → 9",
		"Simplify 6x - 18 → 6(x - 3)",
		"Find the derivative of x^2 + 3x. → 2x + 3",
		"Write a program to calculate 3 + 4 → print(3 + 5)",
		"Create a word problem for 4 + 5. → Tom has 4 apples.",
		"Convert 12 liters to gallons. → 12 liters is 2.64 imperial gallons.",
		"Convert 12 liters to gallons. → 3.17",
		"Convert 10 GB to MB. → 10,240 MB",
		"What happened in 2019-2020? → A pandemic.",
		"Call 555-123-4567. → OK, 4 + 4.",
		"What is the area of a circle with a radius of 3? → 28.26",
		"Calculate the mean and the sum: 1, 2, 3 → The mean is 2 and the sum is 6.",
		"Find the second smallest number. | 4, 2, 9 → 4",
		"Sort these numbers in descending order. | 5, 2, 9 → 9, 5, 2",
		"Which is the equation? → y = 2 + 3x",
		"Solve for x: 2x + 1 = 7 → 2x = 7 - 1 = 6, so x = 3",
		"What is the binary sum? → In binary, 1 + 1 = 10",
		"Find the mistake. | 2 + 2 = 5 → 2 + 2 = 5 is wrong.",
		"Divide. | 68669/7 → 68669/7 = 9809 with a remainder of 6",
		"How long? → 3 ft + 2 in = 38 in",
		"Chess → 1. e4 e5 2. Nf3 = 5",
		"Is 91 a prime number? → No, it is 7 times 13.",
		"List the prime numbers between 5 and 19. → 7, 11, 13, 17",
		"What are the prime factors of 60? → 60 = 2² x 3 x 5",
		"What are the prime factors of 60? → 2, 3, 5",
		"Convert 67 to binary. → 01000011",
		"Convert the following decimal to a fraction. | 0.26 → 26/100",
		"Calculate the total cost. | Unit Cost: 60\nUnits: 5 → 300",
		"Calculate the total cost. | Price: $60, Tax rate: 5% → $63",
		"Convert 255 to hexadecimal → 0xff",
		"Convert 567 in base 8 to decimal. → 375",
		"Find the area and the perimeter of a rectangle of length 6 and width 4. → 24 and 20",
		"Find the diameter of a circle given its area. | Area = 50 → 7.98",
		"What is the area of a square with a perimeter of 16? → 16",
		"Find the area of a triangle with vertices (1, 2), (3, 4) and (5, 9). → 3",
		"How many teaspoons are in 1 tablespoon? → Three.",
		"Convert 100 miles per hour to km/h → 161 km/h",
		"What is the total cost of 10 boxes of apples at $2 a box? → The total cost is $",
		"Convert the color #FF0000 to RGB. → 255, 0, 0",
		"What is the value of 2x when x2 is 3? → 4",
		"How long? → 1 1/2 / 1/2 = 3",
		"How many percent? → 18 / 450 x 100 = 4%",
		"How much is left? → Then 4x-13 = 7, so x = 5.",
		"How many? → 3 + 4 = 7 + 5 = 12",
		"How much? → He gets $800 ($3200 / 4) = $800.",
		"What is 10 - 4? → The answer to 10 - 4 is 6.",
		"Calculate 14 + 6. → The sum of 14 and 6 is equal to",
	} {
		if got := find(text); len(got) != 0 {
			t.Errorf("%q: %s", text, got[0].Why)
		}
	}
}

// Expressions without roots agree with Go's own constant arithmetic, worked out by hand from the rules of precedence.
func TestExpressionsAreCalculatedExactly(t *testing.T) {
	for text, want := range map[string]string{
		"1 + 2 * 3": "7", "(1 + 2) * 3": "9", "2^3^2": "512", "2**10": "1024", "10 - 4 - 3": "3", "100 / 5 / 2": "10",
		"1/3 + 1/6": "1/2", "3 1/2 + 1/2": "4", "5!": "120", "√16 + sqrt(9)": "7", "2 (3 + 5)": "16", "(2)(3)": "6",
		"15% of 80": "12", "80 * 15%": "12", "4x3+3x2": "18", "1,000 ÷ 8": "125", "-5 + 3": "-2", "2 × -3": "-6", "5e-3 * 2": "1/100",
		"2 times 3 plus 4": "10", "9 divided by 3": "3", "6 squared": "36", "4^(1/2)": "2", "2^-2": "1/4", "$5 + $7.50": "25/2",
	} {
		v, _, err := evaluate(read(text), nil)
		if err != nil || v.RatString() != want || !v.exact {
			t.Errorf("%s = %v, %v, want %s", text, v.Rat, err, want)
		}
	}
	for _, text := range []string{"", "1 +", "(1", "1 2", "6/2(1+2)", "-3^2", "50 + 10%", "10 % 3", "1/0", "2^100000", "9!!!", "501!", "0^-1",
		strings.Repeat("(", 100) + "1" + strings.Repeat(")", 100), "1.2.3 + 4", "2^2^2^2^2^2", strings.Repeat("2^", 100) + "1"} {
		if v, _, err := evaluate(read(text), nil); err == nil {
			t.Errorf("%s = %v", text, v.Rat)
		}
	}
}

func TestReadingTakesTimeInProportion(t *testing.T) {
	for _, s := range []string{"1+", "(", "=1", "1 = 1 + 1, ", "√", "2^", "5!", "x 3 ", "1, ", "a=", "15% of "} {
		start := time.Now()
		find("Calculate the sum: " + strings.Repeat(s, 100) + " → " + strings.Repeat(s, 4000/len(s)))
		if d := time.Since(start); d > 10*time.Second {
			t.Errorf("%q takes %v", s, d)
		}
	}
}

func FuzzArithmetic(f *testing.F) {
	f.Add("Calculate 3 + 4 x 2.", "", "14")
	f.Add("Solve 3(2x + 1) = 15", "", "x = 4")
	f.Add("Convert 3/4 ft to inches", "", "2^-3! = 5% of √-7 = 1e99")
	f.Add("median of", "1, -2.5, 3 1/2, 1e5", "≈ 3 million")
	f.Fuzz(func(t *testing.T, instruction, input, output string) {
		for _, g := range find(instruction + " | " + input + " → " + output) {
			if g.Certain && g.Suggestion == nil || g.Why == "" {
				t.Errorf("%+v", g)
			}
		}
		if v, _, err := evaluate(read(output), map[string]*big.Rat{"x": big.NewRat(2, 3)}); err == nil && v.Num().BitLen() > maxBits {
			t.Errorf("%d bits", v.Num().BitLen())
		}
	})
}
