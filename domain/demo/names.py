"""What the people and firms of the demo are called.

All invented; every address ends in `.example`, which nobody owns.
"""

# Given names and family names that go together.
PEOPLE: tuple[tuple[str, str], ...] = (
    (
        'Amelia Arthur Beatrice Callum Charlotte Dylan Eleanor Freddie Grace Harriet Isla Jack Matilda '
        'Oscar Poppy Theo',
        'Ashworth Bennett Calloway Dunmore Ellery Fairclough Graham Hargreaves Kingsley Langford Merton '
        'Okafor Pemberton Radcliffe Sutherland Thornton Whitfield Yates',
    ),
    (
        'Anna Clara Emil Felix Frieda Hannah Jonas Jürgen Käthe Lena Lukas Marlene Matthias Paul Sabine Till',
        'Albrecht Baumann Dietrich Engel Fischer Götz Hartmann Jäger Kessler Lindner Möller Neumann '
        'Pfeiffer Reinhardt Schäfer Vogel Weiß Zimmermann',
    ),
    (
        'Adèle Antoine Camille Chloé Étienne Gaël Hélène Inès Julien Léa Mathieu Noémie Océane Rémi Sylvie Théo',
        'Aubert Blanchard Chevalier Delacroix Fontaine Garnier Lefèvre Marchand Moreau Noël Perrin Renaud '
        'Roussel Tessier Vasseur',
    ),
    (
        'Alejandro Beatriz Carmen Diego Elena Gonzalo Inés Javier Lucía Manuel Mónica Nerea Pablo Rocío Sofía Tomás',
        'Álvarez Bermúdez Castaño Delgado Echeverría Fuentes Herrera Iglesias Lozano Medina Navarro '
        'Ortega Peña Quintana Rivas Sáenz',
    ),
    (
        'Astrid Bjørn Elin Erik Freja Gustav Håkon Ingrid Kaisa Lars Maja Nils Signe Søren Tuva Åsa',
        'Andersen Bergström Dahl Ekström Forsberg Hansen Holmgren Jónsdóttir Korhonen Lindqvist Nygaard '
        'Østergaard Sandvik Söderberg Virtanen',
    ),
    (
        'Agnieszka Bartosz Ewa Filip Jakub Jana Katarzyna Łukasz Magda Milan Ondřej Paweł Petra Tomáš Wojciech Zofia',
        'Adamczyk Černý Dvořák Jabłoński Kowalczyk Krajíček Lewandowski Mazur Novotný Pawlak Sikora '
        'Svoboda Wiśniewski Zieliński',
    ),
    (
        'Alessia Bruno Chiara Davide Elisa Francesca Giulia Lorenzo Luca Martina Nicolò Paola Riccardo Silvia Tommaso',
        'Barbieri Caruso De Luca Esposito Ferrara Galli Lombardi Marchetti Monti Pellegrini Ricci Santoro Testa Vitale',
    ),
    (
        'Aarav Ananya Devika Farhan Ishaan Kavya Meera Nikhil Pooja Rahul Rohan Sanjay Shreya Vikram Zara',
        'Agarwal Banerjee Chaudhry Desai Iyer Joshi Kapoor Mehta Nair Patel Rao Sharma Singh Venkatesan',
    ),
    (
        'Chen Haruto Hana Jiwoo Jun Kenji Lan Linh Mei Minh Sakura Seo-yeon Wei Xin Yuki Yuna',
        'Chang Fujimoto Hoàng Huang Ito Kim Lee Lin Nakamura Nguyễn Park Sato Tanaka Trần Wang Zhou',
    ),
    (
        'Amina Ayşe Cem Elif Emre Fatima Hassan Karim Layla Leyla Mehmet Nadia Omar Selin Tariq Yasmin Yusuf',
        'Al-Masri Aydın Benali Demir El-Amin Farouk Haddad Kaya Khoury Mansour Nasser Özdemir Rahman Şahin Yıldız',
    ),
    (
        'Abena Adaeze Chidi Efua Folake Imani Jabari Kwame Lindiwe Makena Nia Sipho Tendai Thandiwe Zanele',
        'Abebe Adeyemi Balogun Dlamini Eze Kamau Mensah Moyo Mwangi Ndlovu Nkosi Osei Tadesse Van Wyk',
    ),
)

FIRM_WORDS = (
    'Alder Amber Anchor Atlas Beacon Birch Blue Bridge Bright Cedar Clear Cobalt Copper Corner Crown '
    'Delta Ember Evergreen Fern Field Garden Granite Green Harbour Heron High Hill Ivory Juniper Keel '
    'Lake Lantern Linden Lark Maple Marble Meadow Mill North Oak Old Olive Orchard Otter Pearl Pine '
    'Quarry Quiet Red River Rook Saffron Sail Silver South Spring Stone Summit Swift Tall Terra Tidal '
    'Vale Violet West Willow Winter'
)
TRADES = (
    'Architects Bakery Bikes Books Brewing Builders Carpentry Catering Ceramics Cleaning Coffee '
    'Consulting Dental Design Electric Energy Engineering Events Fabrics Films Fisheries Flowers Foods '
    'Freight Furniture Gallery Gardens Glass Homes Hotels Instruments Interiors Joinery Kitchens Labs '
    'Landscapes Lighting Logistics Machines Marine Media Metals Music Optics Packaging Paper Pharmacy '
    'Physio Plumbing Press Printing Properties Roofing Software Solar Studio Stores Tailors Textiles '
    'Timber Tools Toys Travel Veterinary Windows Wines Yachts'
)
FORMS = ('', '', '', ' Ltd', ' GmbH', ' SARL', ' SL', ' AB', ' ApS', ' Srl', ' s.r.o.', ' & Co', ' Group')
MAILBOXES = ('info', 'office', 'accounts', 'hello', 'finance', 'admin', 'books')
PRIVATE_DOMAINS = ('post.example', 'mail.example', 'inbox.example', 'home.example', 'webmail.example')

FIRM = 'Northwind Accounting'
DOMAIN = 'northwind.example'
STAFF: tuple[tuple[str, str], ...] = (  # name and role; the first is the owner
    ('Olga Lindqvist', 'owner'),
    ('Marcus Hale', 'admin'),
    ('Priya Desai', 'admin'),
    ('Jonas Keller', 'staff'),
    ('Sofía Navarro', 'staff'),
    ('Tom Okafor', 'staff'),
)

BROWSERS = (
    'Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) '
    'Version/19.1 Mobile/15E148 Safari/604.1',
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) '
    'Version/19.0 Safari/605.1.15',
    'Mozilla/5.0 (Linux; Android 16; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 '
    'Mobile Safari/537.36',
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 '
    'Safari/537.36 Edg/142.0.0.0',
    'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0',
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:145.0) Gecko/20100101 Firefox/145.0',
    'Mozilla/5.0 (iPad; CPU OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 '
    'Mobile/15E148 Safari/604.1',
    'Mozilla/5.0 (Linux; Android 15; SM-S921B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 '
    'Chrome/130.0.0.0 Mobile Safari/537.36',
)
LETTERS = (
    '',
    '',
    '',
    'Your tax papers will be in the portal from now on. Do call when something is unclear.',
    'As discussed on the phone: everything about your year-end in one place.',
    'We are leaving paper behind. This is your key.',
    'Please have a look at the draft before Friday.',
)
TAKEN = ('250 2.0.0 Ok: queued as {:010X}', '250 2.6.0 Queued mail for delivery {:08x}', '250 OK id={:08x}')
REFUSALS = (
    '550 5.1.1 The email account that you tried to reach does not exist',
    '550 5.7.1 Message rejected as spam by content filtering',
    '552 5.2.2 Mailbox full',
    '550 5.4.1 Recipient address rejected: Access denied',
)
GREYLISTED = '451 4.7.1 Greylisting in action, please come back later'
