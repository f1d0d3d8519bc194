// Package train makes a base model follow instructions: LoRA or full fine-tuning on rows of conversations, on the
// machine's own processor, from a [Recipe] into a folder; and it makes base models from raw text, from a [PretrainRecipe].
//
//	result, err := train.Run(ctx, train.Recipe{
//		Base: "smollm2-135m", Data: train.Files("rows.jsonl"), Out: "my-run",
//	}, train.Silent{})
//
// [Run] tells its [Plan] first, and refuses what memory does not allow. While it goes on, the folder holds the resolved
// recipe (recipe.yaml), a line a step (metrics.jsonl) and a checkpoint; a run that is interrupted, or killed, goes on
// from there with [Options.Resume] and ends in the same bits as one that was not. At its end the folder is the
// adapter (PEFT's files), or for full fine-tuning the model, with a picture of the loss (loss.svg, loss.png) and
// result.json.
//
// [Pretrain] does the same with a model of random weights and documents of text; its folder becomes a base model. What
// differs is one interface, job: which model, on which sequences, and what is left at the end.
//
// Guards of the recipe end a run before its last step, in good order: at a limit of time, energy or money, or where
// evaluations get no better, and then with the best values. What was forgotten is measured on a general text, and whether
// answers end is asked with [Options.Probe]. Package train/record does all this with a line in the ledger.
//
// The loss of a step is the weighted mean over its labels, or with another [Objective] over its pairs of answers or judged
// answers, so that the cut into micro-batches changes nothing. The package never truncates an example, never trains on a
// prompt, and stops at the first value that is not finite.
package train
