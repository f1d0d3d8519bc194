package main

// The words that the texts and the exercises are made of, one group a line. They were chosen to be common and short.

const oppositeWords = `hot cold|big small|up down|day night|good bad|happy sad|fast slow|old new|young old|open closed|light dark|high low|long short|hard soft|wet dry|full empty|rich poor|early late|near far|left right|first last|in out|on off|over under|above below|before after|black white|clean dirty|loud quiet|strong weak|thick thin|wide narrow|deep shallow|heavy light|sweet bitter|true false|right wrong|same different|easy difficult|safe dangerous|brave afraid|kind cruel|polite rude|smooth rough|sharp blunt|tall short|begin end|start stop|come go|give take|buy sell|push pull|win lose|find lose|love hate|laugh cry|sleep wake|live die|ask answer|teach learn|send receive|build destroy|remember forget|rise fall|sit stand|open shut|arrive leave|enter exit|lend borrow|save spend|whisper shout|friend enemy|king queen|boy girl|man woman|brother sister|mother father|uncle aunt|son daughter|summer winter|north south|east west|morning evening|front back|top bottom|inside outside|beginning end|question answer|peace war|success failure|entrance exit|heaven hell|life death|joy sorrow|health sickness|hero coward|giant dwarf|always never|everything nothing|everyone nobody|more less|many few|now later|here there|yes no|with without|forward backward|together apart|awake asleep|alive dead|beautiful ugly|cheap expensive|simple complex|bright dull|busy idle|calm angry|careful careless|useful useless|helpful harmful|lucky unlucky|honest dishonest|possible impossible|visible hidden|public private|ancient modern|frozen melted|guilty innocent|humble proud|lazy hardworking|loose tight|major minor|male female|positive negative|present absent|raw cooked|fresh stale|rare common|solid liquid|sour sweet|straight crooked|sunny cloudy|tame wild|tired rested|ugly pretty|warm cool|wise foolish|fat thin|noisy silent|hungry full`

// A category, its plural, and its members.
const categoryWords = `animal animals: dog cat cow horse pig sheep goat lion tiger bear wolf fox rabbit mouse rat monkey elephant camel deer donkey frog snake turtle lizard squirrel zebra giraffe kangaroo
bird birds: duck goose hen owl eagle crow swan parrot robin sparrow pigeon turkey penguin hawk
fish fish: salmon trout shark cod tuna eel herring carp
insect insects: bee ant fly moth beetle wasp butterfly mosquito cricket
fruit fruits: apple pear plum peach grape lemon orange banana cherry melon mango fig apricot strawberry
vegetable vegetables: carrot potato onion cabbage bean pea tomato pumpkin spinach lettuce radish turnip
drink drinks: water milk tea coffee juice lemonade beer wine cocoa
colour colours: red blue green yellow black white brown pink purple grey
tool tools: hammer saw spade axe drill rake shovel wrench screwdriver
piece+of+clothing clothes: hat coat shirt dress sock shoe glove scarf boot skirt jacket belt sweater
piece+of+furniture furniture: table chair bed desk sofa shelf bench stool cupboard wardrobe
vehicle vehicles: car bus train boat ship truck bicycle plane wagon tram van sled
part+of+the+body parts+of+the+body: hand foot arm leg head nose ear eye mouth knee elbow finger toe neck shoulder chin
job jobs: farmer baker doctor teacher nurse sailor soldier cook painter driver tailor miner fisherman carpenter singer judge
toy toys: ball doll kite puzzle drum top marble
country countries: France Spain Italy Germany England China Japan India Egypt Brazil Canada Mexico Greece Norway Sweden
month months: January February March April May June July August September October November December
day+of+the+week days+of+the+week: Monday Tuesday Wednesday Thursday Friday Saturday Sunday
number numbers: one two three four five six seven eight nine ten eleven twelve
musical+instrument musical+instruments: piano violin guitar flute trumpet harp organ cello
tree trees: oak pine birch maple willow elm
flower flowers: rose tulip daisy lily violet poppy
metal metals: iron gold silver copper tin lead steel
meal meals: breakfast lunch dinner supper`

// Nouns whose plural is not made by adding s: the rest follow from their ending.
const oddPlurals = `man men|woman women|child children|foot feet|tooth teeth|goose geese|mouse mice|ox oxen|sheep sheep|deer deer|fish fish|leaf leaves|knife knives|wife wives|life lives|wolf wolves|half halves|shelf shelves|loaf loaves|thief thieves|calf calves|potato potatoes|tomato tomatoes|hero heroes|salmon salmon|trout trout|person people|fisherman fishermen|scarf scarves|cod cod|herring herring|tuna tuna|carp carp`

const moreNouns = `book house tree river garden window door street city village hill road bridge school church market farm field forest island beach mountain lake ship box bag cup plate bottle glass spoon fork knife pot pan lamp candle clock watch key letter picture paper pencil pen ruler map flag rope basket bucket brush comb mirror pillow blanket coin stone leaf flower seed egg loaf cake pie nest wing tail horn feather tooth child man woman baby king queen prince princess friend neighbour stranger student lady gentleman boy girl brother sister uncle aunt cousin party story song game dream wish box watch dish peach bus class glass kiss church bench city lady fly berry cherry puppy pony story factory library country day toy key monkey boy donkey life wolf half thief calf hero person ox foot`

// Verbs: base, past, and something that can follow both.
const verbWords = `walk walked to school|play played in the garden|jump jumped over the fence|talk talked to my friend|look looked at the sky|help helped my mother|wash washed the dishes|cook cooked the dinner|clean cleaned the room|open opened the window|close closed the door|paint painted the wall|plant planted a tree|pull pulled the rope|push pushed the cart|visit visited my aunt|watch watched the birds|wait waited for the bus|want wanted a new hat|work worked on the farm|climb climbed the hill|call called the dog|count counted the coins|dance danced at the party|laugh laughed at the joke|learn learned a song|like liked the cake|listen listened to the music|live lived in the city|love loved the story|move moved the chair|need needed a pencil|pick picked the apples|pass passed the ball|rest rested under the tree|smile smiled at the baby|start started the game|stay stayed at home|stop stopped at the corner|thank thanked the nurse|touch touched the stone|turn turned to the left|use used the spoon|carry carried the basket|cry cried all night|try tried the soup|hurry hurried to the station|study studied the map|marry married a sailor|copy copied the letter|go went to the market|eat ate an apple|drink drank the milk|run ran to the river|see saw a bird|come came to the party|give gave him a coin|take took the train|make made a cake|find found a key|get got a letter|buy bought some bread|bring brought the water|catch caught a fish|teach taught the children|think thought about the answer|fight fought the dragon|sleep slept in the barn|keep kept the secret|feel felt the wind|leave left the house|lose lost the ring|tell told a story|sell sold the horse|say said good night|pay paid the driver|hear heard a noise|hold held the baby|stand stood at the gate|understand understood the lesson|sit sat on the bench|win won the race|swim swam in the lake|sing sang a song|ring rang the bell|begin began the work|write wrote a letter|ride rode the pony|drive drove the car|rise rose before the sun|speak spoke to the king|break broke the cup|wake woke at six|steal stole the bread|choose chose the blue one|fly flew over the hills|grow grew in the garden|know knew the way|throw threw the ball|draw drew a horse|blow blew out the candle|fall fell on the ice|forget forgot the key|hide hid behind the door|bite bit the apple|build built a house|send sent a card|spend spent the money|lend lent him a book|meet met a friend|feed fed the hens|lead led the way|read read the book|put put the cup down|cut cut the paper|shut shut the gate|hit hit the nail|let let the cat in|wear wore a red coat|tear tore the page|shake shook the tree|sweep swept the floor|dig dug a hole|stick stuck the stamp on|shine shone in the sky|shoot shot an arrow|light lit the lamp|fill filled the bucket|fix fixed the clock|fold folded the shirt|guess guessed the number|hunt hunted in the forest|knock knocked on the door|lift lifted the box|miss missed the train|offer offered me tea|order ordered the soup|pour poured the juice|promise promised to come|reach reached the top|repair repaired the boat|return returned the book|save saved a penny|share shared the bread|shout shouted my name|show showed us the map|sail sailed to the island|search searched the house|serve served the guests|taste tasted the honey|trust trusted the doctor|whisper whispered the answer|water watered the flowers`

const comparedWords = `big bigger biggest|small smaller smallest|tall taller tallest|short shorter shortest|long longer longest|fast faster fastest|slow slower slowest|old older oldest|young younger youngest|hot hotter hottest|cold colder coldest|warm warmer warmest|cool cooler coolest|high higher highest|low lower lowest|deep deeper deepest|wide wider widest|thick thicker thickest|thin thinner thinnest|fat fatter fattest|strong stronger strongest|weak weaker weakest|rich richer richest|poor poorer poorest|hard harder hardest|soft softer softest|loud louder loudest|quiet quieter quietest|bright brighter brightest|dark darker darkest|light lighter lightest|heavy heavier heaviest|happy happier happiest|sad sadder saddest|easy easier easiest|early earlier earliest|late later latest|near nearer nearest|clean cleaner cleanest|dirty dirtier dirtiest|dry drier driest|wet wetter wettest|safe safer safest|nice nicer nicest|large larger largest|wise wiser wisest|brave braver bravest|kind kinder kindest|sweet sweeter sweetest|sharp sharper sharpest|smooth smoother smoothest|rough rougher roughest|clever cleverer cleverest|funny funnier funniest|lucky luckier luckiest|pretty prettier prettiest|ugly uglier ugliest|busy busier busiest|hungry hungrier hungriest|lazy lazier laziest|noisy noisier noisiest|new newer newest|full fuller fullest|cheap cheaper cheapest|calm calmer calmest|fresh fresher freshest|good better best|bad worse worst|far farther farthest|little less least|many more most`

const nameWords = `Tom Anna Ben Mia Sam Lily Jack Emma Max Lucy Peter Mary John Sara Paul Kate Mark Rosa Fred Nina Adam Clara Leo Ella Hugo Julia Oscar Alice Simon Grace Henry Helen Robert Jane Daniel Eva Frank Ruth Victor Laura Martin Dora Arthur Molly George Betty Harry Emily Oliver Nora`

const objectWords = `ball book cup hat key lamp kite doll box bag coin ring pen map bell rope basket bottle candle clock drum flag glove knife letter mirror pillow plate spoon toy umbrella whistle ticket brush blanket scarf puzzle vase`

const placeWords = `garden kitchen park market school barn forest house church library station shop office field river lake beach hospital castle cellar attic bedroom street village city farm museum theatre bakery harbour`

const containerWords = `box bag basket drawer cupboard bucket pocket chest jar suitcase`

const foodWords = `bread soup cake fish rice cheese soup meat pie salad pasta porridge honey butter jam eggs beans noodles pancakes stew`

const goodWords = `delicious|wonderful|lovely|excellent|great|perfect|tasty|beautiful|friendly|charming|pleasant|amazing|fantastic|superb|delightful|fresh and warm|very good|cheerful|helpful|splendid`

const badWords = `awful|terrible|horrible|disgusting|dreadful|boring|rude|dirty|bad|poor|nasty|ugly|disappointing|useless|miserable|cold and stale|very bad|annoying|unpleasant|broken`

const judgedThings = `soup|food|film|book|room|hotel|service|waiter|music|story|play|trip|weather|meal|coffee|concert|game|party|shop|garden|bed|cake|song|show|holiday|museum|driver|teacher|shirt|phone`

const goodEndings = `I loved it.|I would go again.|We had a great time.|I smiled all day.|Everyone was happy.|I want to come back.|It made me happy.|I am so glad we went.|It was worth every penny.|I told all my friends to try it.|We enjoyed every minute.|I could not stop smiling.`

const badEndings = `I hated it.|I will never go again.|We had a bad time.|I wanted to cry.|Everyone was angry.|I want my money back.|It made me sad.|I am sorry we went.|It was a waste of money.|I told all my friends to stay away.|We left early.|I could not wait to leave.`

const adverbWords = `very|really|quite|so|truly`
