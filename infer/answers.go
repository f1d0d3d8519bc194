package infer

import "context"

// Question is a prompt, and how it is to be answered.
type Question struct {
	Prompt []int32
	Options
}

// Answers answers each question as [Assistant.Generate] does, many at once, and computes what prompts begin with alike once.
// told is given each answer as it ends, or why there is none; its error ends all, and so does the context.
//
// Among others an answer's sums are made in another order than alone, so that where two tokens are as good as equally likely
// the other one may be drawn.
func (a *Assistant) Answers(ctx context.Context, questions []Question, told func(i int, res Result, err error) error) error {
	all := together{a: a}
	jobs, longest := make([]*job, len(questions)), 0
	for i, q := range questions {
		jobs[i] = &job{ctx: ctx, prompt: q.Prompt, o: q.Options, done: make(chan struct{})}
		if limit, err := a.limit(len(q.Prompt), q.MaxTokens); err == nil {
			longest = max(longest, len(q.Prompt)+limit)
		}
	}
	if longest > 0 { // room for the longest, so that the cache is not made anew in their midst
		if err := all.make(longest); err != nil {
			return err
		}
	}
	waiting, open := jobs, make([]int, len(jobs))
	for i := range open {
		open[i] = i
	}
	for len(open) > 0 {
		waiting = all.admit(waiting)
		all.step()
		if err := ctx.Err(); err != nil {
			return err
		}
		still := open[:0]
		for _, i := range open {
			select {
			case <-jobs[i].done:
				if err := told(i, jobs[i].res, jobs[i].err); err != nil {
					return err
				}
				jobs[i] = nil
			default:
				still = append(still, i)
			}
		}
		open = still
	}
	return nil
}
