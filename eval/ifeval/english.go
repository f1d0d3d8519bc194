package ifeval

import "strings"

// isAbbreviation says whether a word in small letters, without its last point, is an abbreviation behind which a sentence goes on.
// As in Punkt's model, etc. and e.g. are none.
func isAbbreviation(word string) bool {
	const known = " mr mrs ms dr prof st sr jr lt col gen adm maj sen rep reps messrs" +
		" inc ltd co cos corp bros cie" +
		" jan feb aug sep sept oct nov dec tues wed fri" +
		" ala ariz calif colo conn fla ga ill kan ky mich minn nev okla ore pa tenn va vt wash wis w.va" +
		" ave ft ct yr mg ok vs chg sw" +
		" a.d a.m p.m b.v c.v d.c h.c j.r l.a l.p m.b.a n.c n.d n.h n.j n.m n.v n.y ph.d r.i s.a s.c s.p.a s.s u.k u.n u.s u.s.a u.s.s.r" +
		" c d e f g h k l m n p r s t v w "
	return word != "" && !strings.ContainsRune(word, ' ') && strings.Contains(known, " "+word+" ")
}

// frequent says whether a word in small letters is one that often begins a sentence and is no name.
func frequent(word string) bool {
	const known = " the a an this that these those there here it its he his she her they their we our you your i my me us him them one" +
		" who what when where which why how whether while if though although because since until unless once after before during" +
		" and but or nor so yet for to of in on at by from with without within under over through between among against about into as" +
		" is are was were be been being am do does did have has had will would can could should may might must shall let" +
		" not no yes all any some many most much more few several each every both either neither other another such same" +
		" however therefore moreover meanwhile nevertheless nonetheless indeed instead finally perhaps maybe then thus also just even only" +
		" now today still already soon later often always never sometimes again well oh please thank thanks sorry hello hi hey" +
		" make take get give go come see look know think say tell ask use try find keep want need like love feel work" +
		" people everyone someone anyone nothing something anything everything" +
		" according despite similarly separately sales "
	return word != "" && strings.Contains(known, " "+word+" ")
}
