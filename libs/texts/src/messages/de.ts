import type { Catalogue } from '../catalogue.js';

/** Texts of the gateway, in German. */
export const de: Catalogue = {
  'Forward auth answers proxies in TRUSTED_PROXIES only. They must send X-Forwarded-For.':
    'Die Weiterleitungsprüfung (forward auth) antwortet nur Proxys in TRUSTED_PROXIES. Diese müssen X-Forwarded-For senden.',
  'You are in too many groups for this application. Ask your administrator.':
    'Sie sind in zu vielen Gruppen für diese Anwendung. Fragen Sie Ihren Administrator.',
  'The address has a parameter more than once.': 'Die Adresse enthält einen Parameter mehr als einmal.',
  'The request does not fit forward auth.': 'Die Anfrage passt nicht zur Weiterleitungsprüfung (forward auth).',
  'This field is required.': 'Dieses Feld ist erforderlich.',
  'This answer was not accepted.': 'Diese Antwort wurde nicht angenommen.',
  'This field may not be null.': 'Dieses Feld darf nicht null sein.',
  'This field may not be blank.': 'Dieses Feld darf nicht leer sein.',
  'Not a valid string.': 'Kein gültiger Text.',
  'Ensure this field has no more than {max} characters.': 'Dieses Feld darf höchstens {max} Zeichen haben.',
  'Ensure this field has at least {min} characters.': 'Dieses Feld muss mindestens {min} Zeichen haben.',
  'Null characters are not allowed.': 'Nullzeichen sind nicht erlaubt.',
  'Surrogate characters are not allowed: U+{code_point}.': 'Surrogatzeichen sind nicht erlaubt: U+{code_point}.',
  'A valid integer is required.': 'Bitte geben Sie eine ganze Zahl ein.',
  'A valid number is required.': 'Bitte geben Sie eine Zahl ein.',
  'String value too large.': 'Der Text ist zu lang.',
  'Ensure this value is less than or equal to {max}.': 'Dieser Wert darf höchstens {max} sein.',
  'Ensure this value is greater than or equal to {min}.': 'Dieser Wert muss mindestens {min} sein.',
  'Must be a valid boolean.': 'Muss Ja oder Nein sein.',
  'Expected a dictionary of items but got type "{type}".':
    'Erwartet wurde ein Objekt mit Einträgen, nicht der Typ „{type}“.',
  'Value must be a dictionary, and not have any duplicate keys.':
    'Der Wert muss ein Objekt ohne doppelte Schlüssel sein.',
  'Expected a list of items but got type "{type}".': 'Erwartet wurde eine Liste, nicht der Typ „{type}“.',
  'This list may not be empty.': 'Diese Liste darf nicht leer sein.',
  '"{input}" is not a valid choice.': '„{input}“ ist keine gültige Auswahl.',
  'Enter a valid email address.': 'Bitte geben Sie eine gültige E-Mail-Adresse ein.',
  'No data provided': 'Es wurden keine Daten gesendet.',
  'Invalid data. Expected a dictionary, but got {type}.': 'Ungültige Daten: Erwartet wurde ein Objekt, nicht {type}.',
  'Failed to authenticate.': 'Die Anmeldung ist fehlgeschlagen.',
  'No identification data provided.': 'Es wurde nicht angegeben, wer sich anmelden will.',
  "Request to authenticate with {name} has been denied. Please authenticate with the source you've previously signed up with.":
    'Die Anmeldung mit {name} wurde abgelehnt. Bitte melden Sie sich dort an, wo Sie sich zuerst registriert haben.',
  'This account of {source} is connected with another user.':
    'Dieses Konto von {source} ist mit einem anderen Benutzer verbunden.',
  'Source is not configured for enrollment.': 'Über diese Quelle kann man sich nicht registrieren.',
  'Configured flow does not exist.': 'Den eingerichteten Ablauf gibt es nicht.',
  'Source does not exist': 'Diese Quelle gibt es nicht',
  'Invalid source': 'Ungültige Quelle',
  'Failed to update groups. Please try again later.':
    'Die Gruppen konnten nicht aktualisiert werden. Bitte versuchen Sie es später erneut.',
  'The source {name} is not enabled.': 'Die Quelle {name} ist nicht eingeschaltet.',
  'Authentication failed: State check failed.':
    'Die Anmeldung ist fehlgeschlagen: Sie gehört nicht zu dieser Sitzung oder ist abgelaufen.',
  'Connect an account from your own page.': 'Verbinden Sie ein Konto von Ihrer eigenen Seite aus.',
  'Invalid password': 'Falsches Passwort',
  'Code does not match': 'Der Code stimmt nicht.',
  'invalid challenge selected': 'Diese Auswahl ist ungültig.',
  'Selected stage is invalid': 'Diese Einrichtung steht nicht zur Wahl.',
  'No compatible device class allowed': 'Kein passendes Gerät ist zugelassen.',
  'Invalid Token. Please ensure the time on your device is accurate and try again.':
    'Der Code ist ungültig. Bitte prüfen Sie, ob die Uhr Ihres Geräts richtig geht, und versuchen Sie es noch einmal.',
  'Assertion failed': 'Die Bestätigung ist fehlgeschlagen.',
  'Duo denied access': 'Duo hat den Zugang verweigert.',
  'Empty response': 'Die Antwort ist leer.',
  'Invalid device': 'Ungültiges Gerät',
  'Invalid device type. Contact your {brand} administrator for help.':
    'Dieser Gerätetyp ist nicht zugelassen. Bitte wenden Sie sich an die Administration von {brand}.',
  'Registration failed. Error: {reason}': 'Die Registrierung ist fehlgeschlagen. Fehler: {reason}',
  'Credential ID already exists.': 'Dieser Schlüssel ist bereits registriert.',
  'Duo did not accept the request. Ask your administrator.':
    'Duo hat die Anfrage nicht angenommen. Bitte wenden Sie sich an Ihre Administration.',
  'Duo cannot be reached. Please try again later.':
    'Duo ist nicht erreichbar. Bitte versuchen Sie es später noch einmal.',
  'Enter {number} in the Duo app on your phone.': 'Geben Sie {number} in der Duo-App auf Ihrem Telefon ein.',
  'Invalid enrollment status: {status}.': 'Ungültiger Stand der Kopplung: {status}.',
  'Device with Credential ID already exists.': 'Dieses Gerät ist bereits eingerichtet.',
  'No (allowed) MFA authenticator configured.':
    'Sie haben kein (zugelassenes) Gerät für die zweite Bestätigung eingerichtet.',
  'Invalid phone number': 'Diese Telefonnummer ist ungültig.',
  'phone_number required': 'Bitte geben Sie eine Telefonnummer an.',
  'Please wait a moment before you ask for another code.':
    'Bitte warten Sie einen Augenblick, bevor Sie einen weiteren Code anfordern.',
  'The message could not be sent. Please try again later.':
    'Die Nachricht konnte nicht gesendet werden. Bitte versuchen Sie es später noch einmal.',
  'Failed to validate token': 'Das Token konnte nicht geprüft werden',
  'Failed to validate token: {codes}': 'Das Token konnte nicht geprüft werden: {codes}',
  'Invalid captcha response': 'Ungültige Captcha-Antwort',
  'Invalid captcha response. Retrying may solve this issue.':
    'Ungültige Captcha-Antwort. Ein neuer Versuch kann helfen.',
  'This token has been used already.': 'Dieses Token wurde bereits verwendet.',
  'Continue to confirm this email address.': 'Fahren Sie fort, um diese E-Mail-Adresse zu bestätigen.',
  'Link was already used, please request a new link.':
    'Dieser Link wurde schon benutzt oder ist abgelaufen. Bitte fordern Sie einen neuen an.',
  'Another website sent you here. Continue only if you want to.':
    'Eine andere Website hat Sie hierher geführt. Fahren Sie nur fort, wenn Sie das möchten.',
  'Invalid consent token, re-showing prompt': 'Ungültiges Token, die Frage wird noch einmal gestellt.',
  'This question has been asked anew since. Please look at it again.':
    'Diese Frage wurde inzwischen neu gestellt. Bitte sehen Sie sie sich noch einmal an.',
  'What is asked for has changed. Please look at it again.':
    'Was verlangt wird, hat sich geändert. Bitte sehen Sie es sich noch einmal an.',
  'What you entered was not accepted.': 'Was Sie eingegeben haben, wurde nicht angenommen.',
  'The file is larger than {kib} KiB.': 'Die Datei ist größer als {kib} KiB.',
  'This has characters that cannot be shown.': 'Dies enthält Zeichen, die nicht angezeigt werden können.',
  'Invalid encoding': 'Die Datei kann nicht gelesen werden.',
  'Invalid scheme': 'Das ist keine Datei.',
  'Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z].':
    'Der Zeitpunkt hat ein falsches Format. Bitte so: JJJJ-MM-TTThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z].',
  'Date has wrong format. Use one of these formats instead: YYYY-MM-DD.':
    'Das Datum hat ein falsches Format. Bitte so: JJJJ-MM-TT.',
  "Passwords don't match.": 'Die Passwörter stimmen nicht überein.',
  'Username is already taken.': 'Dieser Benutzername ist schon vergeben.',
  'Usernames cannot contain the character {character}.':
    'Benutzernamen dürfen das Zeichen {character} nicht enthalten.',
  'Usernames cannot mix letters of several scripts.':
    'Benutzernamen dürfen keine Buchstaben aus mehreren Schriften mischen.',
  'Usernames in a right-to-left script must begin with a letter of this script, and end with one or with a digit.':
    'Benutzernamen in einer von rechts nach links geschriebenen Schrift müssen mit einem Buchstaben dieser Schrift beginnen und mit einem solchen Buchstaben oder einer Ziffer enden.',
  'Failed to update user. Please try again later.':
    'Das Benutzerkonto konnte nicht gespeichert werden. Bitte versuchen Sie es später noch einmal.',
  "No user found and can't create new user.": 'Es gibt kein Benutzerkonto, und es darf keines angelegt werden.',
  'No Pending data.': 'Es gibt nichts zu speichern.',
  'Invalid invite/invite not found': 'Diese Einladung gibt es nicht, oder sie gilt nicht mehr.',
  'Too many account verification attempts. Please try again after {minutes} minutes.':
    'Zu viele Versuche, das Konto zu bestätigen. Bitte versuchen Sie es nach {minutes} {minutes, plural, one {Minute} other {Minuten}} wieder.',
  'No email was sent, because too many were requested. Try again later, or in a browser in which you have logged in before.':
    'Es wurde keine E-Mail gesendet, weil zu viele angefordert wurden. Versuchen Sie es später noch einmal oder in einem Browser, in dem Sie sich schon einmal angemeldet haben.',
  'This code is wrong, or too old.': 'Dieser Code ist falsch oder zu alt.',
  'No Pending User.': 'Es gibt kein Benutzerkonto, um das es hier geht.',
  'Unknown error': 'Unbekannter Fehler',
  'Invalid next URL': 'Die Adresse, zu der es weitergehen soll, ist ungültig.',
  'Flow does not apply to current user.': 'Dieser Ablauf ist für Sie nicht vorgesehen.',
  'This link is invalid or has expired. Please request a new one.':
    'Dieser Link ist ungültig oder abgelaufen. Bitte fordern Sie einen neuen an.',
  'This is no HTTP request.': 'Das ist keine HTTP-Anfrage.',
  'JSON parse error': 'Das JSON kann nicht gelesen werden.',
  'JSON parse error - this is no JSON': 'Das JSON kann nicht gelesen werden: Das ist kein JSON.',
  'JSON parse error - a number is too large': 'Das JSON kann nicht gelesen werden: Eine Zahl ist zu groß.',
  'JSON parse error - more than {levels} levels': 'Das JSON kann nicht gelesen werden: mehr als {levels} Ebenen.',
  'Credentials do not belong in the query.': 'Zugangsdaten gehören nicht in die Adresse.',
  'The query is too long.': 'Die Anfrage in der Adresse ist zu lang.',
  'The query is longer than {limit} bytes.': 'Die Anfrage in der Adresse ist länger als {limit} Bytes.',
  'Not found.': 'Nicht gefunden.',
  'There is no flow for {designation}.': 'Es gibt keinen Ablauf für {designation}.',
  'Invalid page.': 'Diese Seite gibt es nicht.',
  'Authentication credentials were not provided.': 'Sie sind nicht angemeldet.',
  'Token invalid/expired': 'Das Token ist ungültig oder abgelaufen.',
  'Unsupported authentication type': 'Diese Art der Anmeldung wird nicht unterstützt.',
  'You do not have permission to perform this action.': 'Sie sind dazu nicht berechtigt.',
  'CSRF Failed': 'Die CSRF-Prüfung ist fehlgeschlagen.',
  'CSRF Failed: Origin checking failed - {origin} does not match any trusted origins.':
    'Die CSRF-Prüfung ist fehlgeschlagen: {origin} ist keine vertraute Herkunft.',
  'CSRF Failed: Referer checking failed - no Referer.': 'Die CSRF-Prüfung ist fehlgeschlagen: Der Referer fehlt.',
  'CSRF Failed: Referer checking failed - {referer} does not match any trusted origins.':
    'Die CSRF-Prüfung ist fehlgeschlagen: Der Referer {referer} ist keine vertraute Herkunft.',
  'CSRF Failed: CSRF cookie not set.': 'Die CSRF-Prüfung ist fehlgeschlagen: Das CSRF-Cookie fehlt.',
  'CSRF Failed: CSRF token missing.': 'Die CSRF-Prüfung ist fehlgeschlagen: Das CSRF-Token fehlt.',
  "CSRF Failed: CSRF token from the 'X-Authentik-Csrf' HTTP header has incorrect length.":
    'Die CSRF-Prüfung ist fehlgeschlagen: Das CSRF-Token im HTTP-Header „X-Authentik-Csrf“ hat eine falsche Länge.',
  "CSRF Failed: CSRF token from the 'X-Authentik-Csrf' HTTP header has invalid characters.":
    'Die CSRF-Prüfung ist fehlgeschlagen: Das CSRF-Token im HTTP-Header „X-Authentik-Csrf“ enthält ungültige Zeichen.',
  "CSRF Failed: CSRF token from the 'X-Authentik-Csrf' HTTP header incorrect.":
    'Die CSRF-Prüfung ist fehlgeschlagen: Das CSRF-Token im HTTP-Header „X-Authentik-Csrf“ ist falsch.',
  'CSRF Failed: CSRF token from the form has incorrect length.':
    'Die CSRF-Prüfung ist fehlgeschlagen: Das CSRF-Token des Formulars hat eine falsche Länge.',
  'CSRF Failed: CSRF token from the form has invalid characters.':
    'Die CSRF-Prüfung ist fehlgeschlagen: Das CSRF-Token des Formulars enthält ungültige Zeichen.',
  'CSRF Failed: CSRF token from the form incorrect.':
    'Die CSRF-Prüfung ist fehlgeschlagen: Das CSRF-Token des Formulars ist falsch.',
  'Method not allowed.': 'Diese Methode ist nicht erlaubt.',
  'Method "{method}" not allowed.': 'Die Methode „{method}“ ist nicht erlaubt.',
  'The request took too long to arrive.': 'Die Anfrage hat zu lange gebraucht.',
  'The request body is too large.': 'Die Anfrage ist zu groß.',
  'Unsupported media type in request.': 'Das Format der Anfrage wird nicht unterstützt.',
  'Unsupported media type "{type}" in request.': 'Das Format „{type}“ der Anfrage wird nicht unterstützt.',
  'The address and headers are too large.': 'Adresse und Header sind zu groß.',
  'Request was throttled.': 'Zu viele Anfragen. Bitte versuchen Sie es gleich noch einmal.',
  'The stage failed.': 'Bei diesem Schritt ist ein Fehler aufgetreten.',
  'The stage did not understand the request.': 'Der Dienst dieses Schritts hat die Anfrage nicht verstanden.',
  'An internal error occurred.': 'Es ist ein interner Fehler aufgetreten.',
  'No service serves this stage.': 'Kein Dienst bedient diesen Schritt.',
  'The stage did not answer in time.': 'Der Dienst dieses Schritts hat nicht rechtzeitig geantwortet.',
  'The stage is busy.': 'Der Dienst dieses Schritts ist ausgelastet.',
  'Too many requests at once.': 'Zu viele Anfragen auf einmal.',
  '{source} cannot be reached just now. Please try again later.':
    '{source} ist gerade nicht erreichbar. Bitte versuchen Sie es später noch einmal.',
  '{source} is not set up correctly. Ask your administrator.':
    '{source} ist nicht richtig eingerichtet. Fragen Sie die Administration.',
  '{source} did not confirm the login.': '{source} hat die Anmeldung nicht bestätigt.',
  'The answer of {source} could not be verified. Please try again.':
    'Die Antwort von {source} konnte nicht überprüft werden. Bitte versuchen Sie es noch einmal.',
  'Access denied.': 'Zugriff verweigert.',
  'The blueprint is invalid.': 'Der Blueprint ist ungültig.',
  'There is no such flow.': 'Diesen Ablauf gibt es nicht.',
  'It is current already.': 'Sie ist bereits aktuell.',
  'Another version is being rolled out. Publish it or end its rollout first.':
    'Eine andere Version wird schrittweise eingeführt. Veröffentlichen Sie diese zuerst, oder beenden Sie ihre Einführung.',
  'The flow was changed meanwhile.': 'Der Ablauf wurde inzwischen geändert.',
  'No version of the flow is being rolled out.': 'Keine Version des Ablaufs wird schrittweise eingeführt.',
  'Another change of flows is running. Try again later.':
    'Eine andere Änderung der Abläufe läuft gerade. Versuchen Sie es später noch einmal.',
  'Flows cannot be changed at the moment.': 'Abläufe können zurzeit nicht geändert werden.',
  'The change of flows took too long.': 'Die Änderung der Abläufe hat zu lange gedauert.',
  'The scope of this API token does not allow this.': 'Der Geltungsbereich dieses API-Tokens erlaubt das nicht.',
  'The device must prove its key.': 'Das Gerät muss seinen Schlüssel nachweisen.',
  'Your browser could not confirm this device yet. Try again.':
    'Ihr Browser konnte dieses Gerät noch nicht bestätigen. Versuchen Sie es noch einmal.',
  'The proof of the device is invalid.': 'Der Nachweis des Geräts ist ungültig.',
  'There is no such version of the flow.': 'Diese Version des Ablaufs gibt es nicht.',
  'This version of the flow cannot be published.': 'Diese Version des Ablaufs kann nicht veröffentlicht werden.',
  'The message bus cannot be reached.': 'Der Nachrichtenbus ist nicht erreichbar.',
  'The keys of the transmitter cannot be fetched.': 'Die Schlüssel des Senders sind nicht abrufbar.',
  'Policies cannot be evaluated.': 'Die Richtlinien können nicht ausgewertet werden.',
  'The database cannot be reached.': 'Die Datenbank ist nicht erreichbar.',
  'The stored data cannot be opened at the moment.': 'Die gespeicherten Daten können im Moment nicht geöffnet werden.',
  'The device that you have proved was set up too recently. Sign in with an older device, or try again later.':
    'Das Gerät, mit dem Sie sich ausgewiesen haben, wurde erst vor Kurzem eingerichtet. Melden Sie sich mit einem älteren Gerät an, oder versuchen Sie es später noch einmal.',
  'Sign in again and prove yourself by one of your devices first.':
    'Melden Sie sich erneut an und weisen Sie sich dabei mit einem Ihrer Geräte aus.',
  'An API token cannot set up or change credentials. Log in first.':
    'Ein API-Token kann keine Anmeldedaten einrichten oder ändern. Melden Sie sich zuerst an.',
  'An API token cannot authorize a device. Log in first.':
    'Ein API-Token kann kein Gerät freigeben. Melden Sie sich zuerst an.',
  'An API token cannot log a user in.': 'Ein API-Token kann niemanden anmelden.',
  'Log out, log in again, and come back.':
    'Melden Sie sich ab, melden Sie sich wieder an und versuchen Sie es noch einmal.',
  'You have no password to confirm this with. Log out, log in again, and come back.':
    'Sie haben kein Passwort, mit dem Sie das bestätigen könnten. Melden Sie sich ab, melden Sie sich wieder an und versuchen Sie es noch einmal.',
  "You're about to sign into {name}. Continue only if your own device shows the code {code}.":
    'Sie melden sich gleich bei {name} an. Fahren Sie nur fort, wenn Ihr eigenes Gerät den Code {code} anzeigt.',
  "You're about to sign into {name}.": 'Sie melden sich gleich bei {name} an.',
  'Know who you are': 'Erfahren, wer Sie sind',
  'See your name and username': 'Ihren Namen und Benutzernamen sehen',
  'See your e-mail address': 'Ihre E-Mail-Adresse sehen',
  'See your groups': 'Ihre Gruppen sehen',
  'This request has expired. Please start again in the application.':
    'Diese Anfrage ist abgelaufen. Bitte beginnen Sie in der Anwendung von vorn.',
  'This request is unknown or has expired. Please start again in the application.':
    'Diese Anfrage ist unbekannt oder abgelaufen. Bitte beginnen Sie in der Anwendung von vorn.',
  'The application does not have this address.': 'Die Anwendung hat diese Adresse nicht.',
  'Invalid code': 'Ungültiger Code',
  'The code has expired. Please start again on your device.':
    'Der Code ist abgelaufen. Bitte beginnen Sie auf Ihrem Gerät von vorn.',
  'Successfully logged in!': 'Sie sind angemeldet!',
  'No Pending user to login.': 'Es steht noch nicht fest, wer sich anmelden möchte.',
  'Email Successfully sent.': 'Die E-Mail ist unterwegs.',
  'Successfully verified Email.': 'Ihre E-Mail-Adresse ist bestätigt.',
  'No pending user.': 'Es gibt kein Benutzerkonto, um das es hier geht.',
  'Successfully authenticated with {name}!': 'Sie haben sich mit {name} angemeldet!',
  'Successfully linked {name}!': 'Ihr Konto ist jetzt mit {name} verbunden!',
  '{name} asks for a stronger login. Set up an authenticator, then try again.':
    '{name} verlangt eine stärkere Anmeldung. Richten Sie einen Authenticator ein und versuchen Sie es erneut.',
  'You may not use {name}.': 'Sie dürfen {name} nicht verwenden.',
  'Log in as another user': 'Als anderer Benutzer anmelden',
  'The login could not be finished': 'Die Anmeldung konnte nicht abgeschlossen werden',
  'It took too long, or it began in another browser.':
    'Sie hat zu lange gedauert oder in einem anderen Browser begonnen.',
  'Try the login again': 'Erneut anmelden',
  'This preview link is not valid. Create another one.':
    'Dieser Vorschau-Link ist ungültig. Erstellen Sie einen neuen.',
  'This preview link has expired. Create another one.':
    'Dieser Vorschau-Link ist abgelaufen. Erstellen Sie einen neuen.',
  'The previewed version of the flow no longer exists.':
    'Die Version des Ablaufs für diese Vorschau gibt es nicht mehr.',
  'The test user of this preview must exist, be active, and be no superuser.':
    'Der Testbenutzer dieser Vorschau muss existieren, aktiv sein und darf kein Superuser sein.',
  'This preview was started elsewhere. Open its link again.':
    'Diese Vorschau wurde woanders begonnen. Öffnen Sie ihren Link erneut.',
  'Invalid email': 'Ungültige E-Mail-Adresse',
  'email required': 'E-Mail-Adresse erforderlich',
  'The user already has an email address registered for MFA.':
    'Für dieses Konto ist schon eine E-Mail-Adresse als zweiter Faktor eingerichtet.',
  'The set-up needs the flow initial-setup, and an administrator without a password.':
    'Für die Einrichtung fehlt der Ablauf initial-setup oder ein Administrator ohne Passwort.',
  'The other user is no longer signed in here.': 'Die andere Person ist hier nicht mehr angemeldet.',
  'An API token cannot switch users. Log in first.':
    'Ein API-Token kann den Benutzer nicht wechseln. Melden Sie sich zuerst an.',
};
