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
		" a.d a.m p.m b.v c.v d.c h.c j.c j.j j.k j.p j.r l.a l.p m.b.a n.c n.d n.h n.j n.m n.v n.y ph.d r.i s.a s.c s.p.a s.s u.k u.n u.s u.s.a u.s.s.r" +
		" c d e f g h k l m n p r s t v w "
	return word != "" && !strings.ContainsRune(word, ' ') && strings.Contains(known, " "+word+" ")
}

// opens says whether a word in small letters is one that begins a sentence where it has a capital behind an abbreviation or an ellipsis:
// a frequent word that has none in the middle of a sentence, as the little words of titles do.
func opens(word string) bool {
	const known = " the he she it i they this these there here which when while if though although since unless whether however therefore" +
		" moreover meanwhile nevertheless nonetheless indeed instead finally thus even still already soon sometimes always many most some" +
		" both either neither such same nor but yet so in under within without through between among into being does please thanks thank" +
		" sorry think ask try need someone anyone nothing anything him them us her your were according despite similarly separately sales "
	return word != "" && strings.Contains(known, " "+word+" ")
}

// common says whether a word in small letters is a common one, which may have a capital in the middle of a sentence, but is no name that
// an initial belongs to.
func common(word string) bool {
	const known = " a an that those its his their we our you my me one who what where why how because until once after before during and or for" +
		" to of on at by from with over against about as is are was be been am do did have has had will would can could should may might" +
		" must let not no all any much more few several each every other another perhaps maybe then also just only now today later often" +
		" never again well make take get give go come see look know say tell use find keep want like love feel work people everyone" +
		" everything something introduction conclusion definition discussion explanation example examples history importance analysis" +
		" review development key main benefits basic types brief use using "
	return word != "" && strings.Contains(known, " "+word+" ")
}
