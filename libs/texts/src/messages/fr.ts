import type { Catalogue } from '../catalogue.js';

/** Texts of the gateway, in French. */
export const fr: Catalogue = {
  'Forward auth answers proxies in TRUSTED_PROXIES only. They must send X-Forwarded-For.':
    'Le contrôle d’accès (forward auth) ne répond qu’aux proxys de TRUSTED_PROXIES. Ils doivent envoyer X-Forwarded-For.',
  'You are in too many groups for this application. Ask your administrator.':
    'Vous faites partie de trop de groupes pour cette application. Contactez votre administrateur.',
  'The address has a parameter more than once.': 'L’adresse contient un paramètre plus d’une fois.',
  'The request does not fit forward auth.': 'La requête ne convient pas au contrôle d’accès (forward auth).',
  'This field is required.': 'Ce champ est obligatoire.',
  'This answer was not accepted.': 'Cette réponse n’a pas été acceptée.',
  'This field may not be null.': 'Ce champ ne peut pas être nul.',
  'This field may not be blank.': 'Ce champ ne peut pas être vide.',
  'Not a valid string.': 'Ce n’est pas un texte valide.',
  'Ensure this field has no more than {max} characters.':
    'Ce champ ne peut pas dépasser {max} {max, plural, one {caractère} other {caractères}}.',
  'Ensure this field has at least {min} characters.':
    'Ce champ doit comporter au moins {min} {min, plural, one {caractère} other {caractères}}.',
  'Null characters are not allowed.': 'Les caractères nuls ne sont pas autorisés.',
  'Surrogate characters are not allowed: U+{code_point}.':
    'Les caractères de substitution ne sont pas autorisés : U+{code_point}.',
  'A valid integer is required.': 'Veuillez saisir un nombre entier.',
  'A valid number is required.': 'Veuillez saisir un nombre.',
  'String value too large.': 'Le texte est trop long.',
  'Ensure this value is less than or equal to {max}.': 'Cette valeur doit être inférieure ou égale à {max}.',
  'Ensure this value is greater than or equal to {min}.': 'Cette valeur doit être supérieure ou égale à {min}.',
  'Must be a valid boolean.': 'Doit être oui ou non.',
  'Expected a dictionary of items but got type "{type}".':
    'Un objet avec des entrées était attendu, et non le type « {type} ».',
  'Value must be a dictionary, and not have any duplicate keys.': 'La valeur doit être un objet sans clés en double.',
  'Expected a list of items but got type "{type}".': 'Une liste était attendue, et non le type « {type} ».',
  'This list may not be empty.': 'Cette liste ne peut pas être vide.',
  '"{input}" is not a valid choice.': '« {input} » n’est pas un choix valide.',
  'Enter a valid email address.': 'Veuillez saisir une adresse e-mail valide.',
  'No data provided': 'Aucune donnée n’a été fournie.',
  'Invalid data. Expected a dictionary, but got {type}.': 'Données invalides : un objet était attendu, et non {type}.',
  'Failed to authenticate.': 'L’authentification a échoué.',
  'No identification data provided.': 'Rien n’indique qui veut se connecter.',
  "Request to authenticate with {name} has been denied. Please authenticate with the source you've previously signed up with.":
    'La connexion avec {name} a été refusée. Connectez-vous avec la source avec laquelle vous vous êtes inscrit.',
  'This account of {source} is connected with another user.': 'Ce compte {source} est lié à un autre utilisateur.',
  'Source is not configured for enrollment.': 'Cette source n’est pas configurée pour l’inscription.',
  'Configured flow does not exist.': 'Le flux configuré n’existe pas.',
  'Source does not exist': 'Cette source n’existe pas',
  'Invalid source': 'Source non valide',
  'Failed to update groups. Please try again later.':
    'Impossible de mettre à jour les groupes. Veuillez réessayer plus tard.',
  'The source {name} is not enabled.': 'La source {name} n’est pas activée.',
  'Authentication failed: State check failed.':
    'Échec de la connexion : elle n’appartient pas à cette session ou a expiré.',
  'Connect an account from your own page.': 'Associez un compte depuis votre propre page.',
  'Invalid password': 'Mot de passe incorrect',
  'Code does not match': 'Le code ne correspond pas.',
  'invalid challenge selected': 'Ce choix n’est pas valide.',
  'Selected stage is invalid': 'Cette configuration n’est pas proposée.',
  'No compatible device class allowed': 'Aucun appareil compatible n’est autorisé.',
  'Invalid Token. Please ensure the time on your device is accurate and try again.':
    'Code non valide. Vérifiez que l’heure de votre appareil est exacte, puis réessayez.',
  'Assertion failed': 'La confirmation a échoué.',
  'Duo denied access': 'Duo a refusé l’accès.',
  'Empty response': 'La réponse est vide.',
  'Invalid device': 'Appareil non valide',
  'Invalid device type. Contact your {brand} administrator for help.':
    'Ce type d’appareil n’est pas autorisé. Adressez-vous à l’administrateur de {brand}.',
  'Registration failed. Error: {reason}': 'L’enregistrement a échoué. Erreur : {reason}',
  'Credential ID already exists.': 'Cette clé est déjà enregistrée.',
  'Duo did not accept the request. Ask your administrator.':
    'Duo n’a pas accepté la demande. Adressez-vous à votre administrateur.',
  'Duo cannot be reached. Please try again later.': 'Duo est injoignable. Veuillez réessayer plus tard.',
  'Enter {number} in the Duo app on your phone.': 'Saisissez {number} dans l’application Duo de votre téléphone.',
  'Invalid enrollment status: {status}.': 'État d’association non valide : {status}.',
  'Device with Credential ID already exists.': 'Cet appareil est déjà configuré.',
  'No (allowed) MFA authenticator configured.':
    'Aucun appareil (autorisé) d’authentification à deux facteurs n’est configuré.',
  'Invalid phone number': 'Numéro de téléphone non valide.',
  'phone_number required': 'Un numéro de téléphone est requis.',
  'Please wait a moment before you ask for another code.':
    'Veuillez patienter un instant avant de demander un autre code.',
  'The message could not be sent. Please try again later.':
    'Le message n’a pas pu être envoyé. Veuillez réessayer plus tard.',
  'Failed to validate token': 'Le jeton n’a pas pu être vérifié',
  'Failed to validate token: {codes}': 'Le jeton n’a pas pu être vérifié : {codes}',
  'Invalid captcha response': 'Réponse au captcha non valide',
  'Invalid captcha response. Retrying may solve this issue.':
    'Réponse au captcha non valide. Un nouvel essai peut suffire.',
  'This token has been used already.': 'Ce jeton a déjà été utilisé.',
  'Continue to confirm this email address.': 'Continuez pour confirmer cette adresse e-mail.',
  'Link was already used, please request a new link.':
    'Ce lien a déjà été utilisé ou a expiré. Veuillez en demander un nouveau.',
  'Another website sent you here. Continue only if you want to.':
    'Un autre site web vous a amené ici. Ne continuez que si vous le souhaitez.',
  'Invalid consent token, re-showing prompt': 'Jeton de consentement non valide, la question est posée à nouveau.',
  'This question has been asked anew since. Please look at it again.':
    'Cette question a été posée à nouveau depuis. Veuillez la relire.',
  'What is asked for has changed. Please look at it again.': 'Ce qui est demandé a changé. Veuillez le relire.',
  'What you entered was not accepted.': 'Votre saisie n’a pas été acceptée.',
  'The file is larger than {kib} KiB.': 'Le fichier dépasse {kib} Kio.',
  'This has characters that cannot be shown.': 'Cette valeur contient des caractères qui ne peuvent pas être affichés.',
  'Invalid encoding': 'Le fichier ne peut pas être lu.',
  'Invalid scheme': 'Ce n’est pas un fichier.',
  'Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z].':
    'La date et l’heure n’ont pas le bon format. Utilisez celui-ci : AAAA-MM-JJThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z].',
  'Date has wrong format. Use one of these formats instead: YYYY-MM-DD.':
    'La date n’a pas le bon format. Utilisez celui-ci : AAAA-MM-JJ.',
  "Passwords don't match.": 'Les mots de passe ne correspondent pas.',
  'Username is already taken.': 'Ce nom d’utilisateur est déjà pris.',
  'Usernames cannot contain the character {character}.':
    'Les noms d’utilisateur ne peuvent pas contenir le caractère {character}.',
  'Usernames cannot mix letters of several scripts.':
    'Les noms d’utilisateur ne peuvent pas mélanger des lettres de plusieurs écritures.',
  'Usernames in a right-to-left script must begin with a letter of this script, and end with one or with a digit.':
    'Les noms d’utilisateur dans une écriture de droite à gauche doivent commencer par une lettre de cette écriture et se terminer par une telle lettre ou par un chiffre.',
  'Failed to update user. Please try again later.':
    'Le compte n’a pas pu être enregistré. Veuillez réessayer plus tard.',
  "No user found and can't create new user.": 'Aucun compte n’existe et aucun ne peut être créé.',
  'No Pending data.': 'Il n’y a rien à enregistrer.',
  'Invalid invite/invite not found': 'Cette invitation n’existe pas ou n’est plus valable.',
  'Too many account verification attempts. Please try again after {minutes} minutes.':
    'Trop de tentatives de vérification du compte. Réessayez après {minutes} {minutes, plural, one {minute} other {minutes}}.',
  'No email was sent, because too many were requested. Try again later, or in a browser in which you have logged in before.':
    'Aucun e-mail n’a été envoyé, car trop d’e-mails ont été demandés. Réessayez plus tard, ou dans un navigateur dans lequel vous vous êtes déjà connecté.',
  'This code is wrong, or too old.': 'Ce code est faux ou trop ancien.',
  'No Pending User.': 'Aucun compte n’est concerné ici.',
  'Unknown error': 'Erreur inconnue',
  'Invalid next URL': 'L’adresse de destination n’est pas valide.',
  'Flow does not apply to current user.': 'Ce parcours ne vous est pas destiné.',
  'This link is invalid or has expired. Please request a new one.':
    'Ce lien n’est pas valide ou a expiré. Veuillez en demander un nouveau.',
  'This is no HTTP request.': 'Ce n’est pas une requête HTTP.',
  'JSON parse error': 'Le JSON est illisible.',
  'JSON parse error - this is no JSON': 'Le JSON est illisible : ce n’est pas du JSON.',
  'JSON parse error - a number is too large': 'Le JSON est illisible : un nombre est trop grand.',
  'JSON parse error - more than {levels} levels': 'Le JSON est illisible : plus de {levels} niveaux.',
  'Credentials do not belong in the query.': 'Les identifiants n’ont pas leur place dans l’adresse.',
  'The query is too long.': 'La requête de l’adresse est trop longue.',
  'The query is longer than {limit} bytes.': 'La requête de l’adresse dépasse {limit} octets.',
  'Not found.': 'Introuvable.',
  'There is no flow for {designation}.': 'Il n’existe pas de parcours pour {designation}.',
  'Invalid page.': 'Cette page n’existe pas.',
  'Authentication credentials were not provided.': 'Vous n’êtes pas connecté.',
  'Token invalid/expired': 'Le jeton est invalide ou a expiré.',
  'Unsupported authentication type': 'Ce type d’authentification n’est pas pris en charge.',
  'You do not have permission to perform this action.': 'Vous n’êtes pas autorisé à effectuer cette action.',
  'CSRF Failed': 'La vérification CSRF a échoué.',
  'CSRF Failed: Origin checking failed - {origin} does not match any trusted origins.':
    'La vérification CSRF a échoué : {origin} n’est pas une origine de confiance.',
  'CSRF Failed: Referer checking failed - no Referer.': 'La vérification CSRF a échoué : l’en-tête Referer est absent.',
  'CSRF Failed: Referer checking failed - {referer} does not match any trusted origins.':
    'La vérification CSRF a échoué : le Referer {referer} n’est pas une origine de confiance.',
  'CSRF Failed: CSRF cookie not set.': 'La vérification CSRF a échoué : le cookie CSRF est absent.',
  'CSRF Failed: CSRF token missing.': 'La vérification CSRF a échoué : le jeton CSRF est absent.',
  "CSRF Failed: CSRF token from the 'X-Authentik-Csrf' HTTP header has incorrect length.":
    'La vérification CSRF a échoué : la longueur du jeton CSRF de l’en-tête HTTP « X-Authentik-Csrf » est incorrecte.',
  "CSRF Failed: CSRF token from the 'X-Authentik-Csrf' HTTP header has invalid characters.":
    'La vérification CSRF a échoué : le jeton CSRF de l’en-tête HTTP « X-Authentik-Csrf » contient des caractères non valides.',
  "CSRF Failed: CSRF token from the 'X-Authentik-Csrf' HTTP header incorrect.":
    'La vérification CSRF a échoué : le jeton CSRF de l’en-tête HTTP « X-Authentik-Csrf » est incorrect.',
  'CSRF Failed: CSRF token from the form has incorrect length.':
    'La vérification CSRF a échoué : la longueur du jeton CSRF du formulaire est incorrecte.',
  'CSRF Failed: CSRF token from the form has invalid characters.':
    'La vérification CSRF a échoué : le jeton CSRF du formulaire contient des caractères non valides.',
  'CSRF Failed: CSRF token from the form incorrect.':
    'La vérification CSRF a échoué : le jeton CSRF du formulaire est incorrect.',
  'Method not allowed.': 'Cette méthode n’est pas autorisée.',
  'Method "{method}" not allowed.': 'La méthode « {method} » n’est pas autorisée.',
  'The request took too long to arrive.': 'La requête a mis trop de temps à arriver.',
  'The request body is too large.': 'Le corps de la requête est trop volumineux.',
  'Unsupported media type in request.': 'Le format de la requête n’est pas pris en charge.',
  'Unsupported media type "{type}" in request.': 'Le format « {type} » de la requête n’est pas pris en charge.',
  'The address and headers are too large.': 'L’adresse et les en-têtes sont trop volumineux.',
  'Request was throttled.': 'Trop de requêtes. Veuillez réessayer dans un instant.',
  'The stage failed.': 'Cette étape a échoué.',
  'The stage did not understand the request.': 'Le service de cette étape n’a pas compris la requête.',
  'An internal error occurred.': 'Une erreur interne s’est produite.',
  'No service serves this stage.': 'Aucun service ne prend en charge cette étape.',
  'The stage did not answer in time.': 'Le service de cette étape n’a pas répondu à temps.',
  'The stage is busy.': 'Le service de cette étape est occupé.',
  'Too many requests at once.': 'Trop de requêtes à la fois.',
  '{source} cannot be reached just now. Please try again later.':
    '{source} est injoignable pour le moment. Veuillez réessayer plus tard.',
  '{source} is not set up correctly. Ask your administrator.':
    '{source} n’est pas configuré correctement. Demandez à votre administrateur.',
  '{source} did not confirm the login.': '{source} n’a pas confirmé la connexion.',
  'The answer of {source} could not be verified. Please try again.':
    'La réponse de {source} n’a pas pu être vérifiée. Veuillez réessayer.',
  'Access denied.': 'Accès refusé.',
  'The blueprint is invalid.': 'Le blueprint est invalide.',
  'There is no such flow.': 'Ce flux n’existe pas.',
  'It is current already.': 'C’est déjà la version actuelle.',
  'Another version is being rolled out. Publish it or end its rollout first.':
    'Une autre version est en cours de déploiement progressif. Publiez-la ou mettez d’abord fin à son déploiement.',
  'The flow was changed meanwhile.': 'Le flux a été modifié entre-temps.',
  'No version of the flow is being rolled out.': 'Aucune version du flux n’est en cours de déploiement progressif.',
  'Another change of flows is running. Try again later.':
    'Une autre modification des flux est en cours. Réessayez plus tard.',
  'Flows cannot be changed at the moment.': 'Les flux ne peuvent pas être modifiés pour le moment.',
  'The change of flows took too long.': 'La modification des flux a pris trop de temps.',
  'The scope of this API token does not allow this.': 'La portée de ce jeton d’API ne permet pas cela.',
  'The device must prove its key.': 'L’appareil doit prouver qu’il possède sa clé.',
  'Your browser could not confirm this device yet. Try again.':
    'Votre navigateur n’a pas encore pu confirmer cet appareil. Réessayez.',
  'The proof of the device is invalid.': 'La preuve de l’appareil n’est pas valide.',
  'There is no such version of the flow.': 'Cette version du flux n’existe pas.',
  'This version of the flow cannot be published.': 'Cette version du flux ne peut pas être publiée.',
  'The message bus cannot be reached.': 'Le bus de messages est injoignable.',
  'The keys of the transmitter cannot be fetched.': 'Les clés de l’émetteur ne peuvent pas être récupérées.',
  'Policies cannot be evaluated.': 'Les politiques ne peuvent pas être évaluées.',
  'The database cannot be reached.': 'La base de données est injoignable.',
  'The stored data cannot be opened at the moment.':
    'Les données enregistrées ne peuvent pas être ouvertes pour le moment.',
  'The device that you have proved was set up too recently. Sign in with an older device, or try again later.':
    'L’appareil avec lequel vous avez confirmé votre identité a été configuré trop récemment. Connectez-vous avec un appareil plus ancien, ou réessayez plus tard.',
  'Sign in again and prove yourself by one of your devices first.':
    'Reconnectez-vous et prouvez votre identité avec l’un de vos appareils.',
  'An API token cannot set up or change credentials. Log in first.':
    'Un jeton d’API ne peut ni configurer ni modifier des moyens de connexion. Connectez-vous d’abord.',
  'An API token cannot authorize a device. Log in first.':
    'Un jeton d’API ne peut pas autoriser un appareil. Connectez-vous d’abord.',
  'An API token cannot log a user in.': 'Un jeton d’API ne peut connecter personne.',
  'Log out, log in again, and come back.': 'Déconnectez-vous, reconnectez-vous, puis recommencez.',
  'You have no password to confirm this with. Log out, log in again, and come back.':
    'Vous n’avez pas de mot de passe pour confirmer cela. Déconnectez-vous, reconnectez-vous, puis recommencez.',
  "You're about to sign into {name}. Continue only if your own device shows the code {code}.":
    'Vous êtes sur le point de vous connecter à {name}. Continuez seulement si votre propre appareil affiche le code {code}.',
  "You're about to sign into {name}.": 'Vous êtes sur le point de vous connecter à {name}.',
  'Know who you are': 'Savoir qui vous êtes',
  'See your name and username': 'Voir votre nom et votre nom d’utilisateur',
  'See your e-mail address': 'Voir votre adresse e-mail',
  'See your groups': 'Voir vos groupes',
  'This request has expired. Please start again in the application.':
    'Cette demande a expiré. Veuillez recommencer dans l’application.',
  'This request is unknown or has expired. Please start again in the application.':
    'Cette demande est inconnue ou a expiré. Veuillez recommencer dans l’application.',
  'The application does not have this address.': 'L’application n’a pas cette adresse.',
  'Invalid code': 'Code non valide',
  'The code has expired. Please start again on your device.':
    'Le code a expiré. Veuillez recommencer sur votre appareil.',
  'Successfully logged in!': 'Vous êtes connecté !',
  'No Pending user to login.': 'On ne sait pas encore qui souhaite se connecter.',
  'Email Successfully sent.': 'L’e-mail a bien été envoyé.',
  'Successfully verified Email.': 'Votre adresse e-mail est confirmée.',
  'No pending user.': 'Aucun compte n’est concerné ici.',
  'Successfully authenticated with {name}!': 'Vous êtes connecté avec {name} !',
  'Successfully linked {name}!': 'Votre compte est maintenant lié à {name} !',
  '{name} asks for a stronger login. Set up an authenticator, then try again.':
    '{name} exige une connexion plus forte. Configurez un authentificateur, puis réessayez.',
  'You may not use {name}.': 'Vous n’êtes pas autorisé à utiliser {name}.',
  'Log in as another user': 'Se connecter avec un autre compte',
  'The login could not be finished': 'La connexion n’a pas pu être terminée',
  'It took too long, or it began in another browser.':
    'Elle a duré trop longtemps ou a commencé dans un autre navigateur.',
  'Try the login again': 'Recommencer la connexion',
  'This preview link is not valid. Create another one.': 'Ce lien d’aperçu n’est pas valide. Créez-en un autre.',
  'This preview link has expired. Create another one.': 'Ce lien d’aperçu a expiré. Créez-en un autre.',
  'The previewed version of the flow no longer exists.': 'La version du flux de cet aperçu n’existe plus.',
  'The test user of this preview must exist, be active, and be no superuser.':
    'L’utilisateur de test de cet aperçu doit exister, être actif et ne pas être superutilisateur.',
  'This preview was started elsewhere. Open its link again.':
    'Cet aperçu a été commencé ailleurs. Ouvrez à nouveau son lien.',
  'Invalid email': 'Adresse e-mail non valide',
  'email required': 'Adresse e-mail requise',
  'The user already has an email address registered for MFA.':
    'Une adresse e-mail est déjà enregistrée comme second facteur pour ce compte.',
  'The set-up needs the flow initial-setup, and an administrator without a password.':
    "La mise en service a besoin du flux initial-setup et d'un administrateur sans mot de passe.",
  'The other user is no longer signed in here.': 'L’autre utilisateur n’est plus connecté ici.',
  'An API token cannot switch users. Log in first.':
    'Un jeton d’API ne peut pas changer d’utilisateur. Connectez-vous d’abord.',
};
