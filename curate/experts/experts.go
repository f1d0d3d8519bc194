// Package experts measures detectors against people: of answers that experts revised, how many do the detectors find, how
// many of the revised ones do they find fault with, and how well does a score learned from other revisions tell the two apart.
//
// The measure is strict in one way and lenient in another. An expert may revise an answer that has no fault, to make it
// friendlier, and such a revision counts as missed. And an answer that an expert has left counts as right, so a fault that
// the expert overlooked counts as a false alarm.
//
//	train, err := experts.Read("revised_train.csv")
//	held, err := experts.Read("revised_valid.csv")
//	m := experts.Measure(held, detectors, experts.Learn(train, detectors))
//
// What is learned is the taste of the people who revised. Nothing that was learned comes with the program.
package experts
