import type { Catalogue } from '../catalogue.js';

/** Texts of errors, refusals and unknown addresses on flow pages, in German. */
export const de: Catalogue = {
  'Please fill this in.': 'Bitte füllen Sie dieses Feld aus.',
  'Please choose one of the options.': 'Bitte wählen Sie eine der Möglichkeiten.',
  'This way cannot be used now. Please choose another one.':
    'Diese Möglichkeit steht jetzt nicht zur Verfügung. Bitte wählen Sie eine andere.',
  'This file could not be read. Please choose another one.':
    'Diese Datei konnte nicht gelesen werden. Bitte wählen Sie eine andere.',
  'This device is registered already. Please use another one.':
    'Dieses Gerät ist bereits registriert. Bitte verwenden Sie ein anderes.',
  'The check that you are no robot has failed. Please try it again.':
    'Die Prüfung, ob Sie ein Mensch sind, ist fehlgeschlagen. Bitte versuchen Sie es noch einmal.',
  'We do not know this name. Check it for typing mistakes, and try again.':
    'Wir kennen diesen Namen nicht. Prüfen Sie ihn auf Tippfehler und versuchen Sie es erneut.',
  'Wrong password. Please try again.': 'Falsches Passwort. Bitte versuchen Sie es erneut.',
  'Wrong password. Try again or [reset it].': 'Falsches Passwort. Versuchen Sie es erneut oder [setzen Sie es zurück].',
  'Wrong name or password. Please try again.': 'Name oder Passwort ist falsch. Bitte versuchen Sie es erneut.',
  'Wrong name or password. Try again or [reset the password].':
    'Name oder Passwort ist falsch. Versuchen Sie es erneut oder [setzen Sie das Passwort zurück].',
  'We do not know whom to write to. Please start again.':
    'Wir wissen nicht, wem wir schreiben sollen. Bitte beginnen Sie von vorn.',
  'This code is wrong or too old. Enter the newest one, or let us send another email.':
    'Dieser Code ist falsch oder zu alt. Geben Sie den neuesten ein oder lassen Sie sich noch eine E-Mail senden.',
  'This code is wrong or has expired. Compare it with the one on your device.':
    'Dieser Code ist falsch oder abgelaufen. Vergleichen Sie ihn mit dem auf Ihrem Gerät.',
  'Wrong code. Enter the newest one that we have sent you.':
    'Falscher Code. Geben Sie den neuesten ein, den wir Ihnen gesendet haben.',
  'This is no phone number. Enter it with the code of the country, like +44 7700 900000.':
    'Das ist keine Telefonnummer. Geben Sie sie mit Ländervorwahl ein, zum Beispiel +44 7700 900000.',
  'Wrong code. Enter the one that your app shows now.': 'Falscher Code. Geben Sie den ein, den Ihre App jetzt anzeigt.',
  'This code did not match. Enter the newest one: each code works only once.':
    'Dieser Code stimmt nicht. Geben Sie den neuesten ein: Jeder Code gilt nur einmal.',
  'This device is not set up for your account. Please use another one.':
    'Dieses Gerät ist für Ihr Konto nicht eingerichtet. Bitte verwenden Sie ein anderes.',
  'This device could not confirm that it is you. Please try again.':
    'Dieses Gerät konnte nicht bestätigen, dass Sie es sind. Bitte versuchen Sie es erneut.',
  'Duo did not let you in. Send the message again, and confirm it on your phone.':
    'Duo hat die Anmeldung nicht bestätigt. Senden Sie die Nachricht erneut und bestätigen Sie sie auf Ihrem Telefon.',
  'A second proof that it is you is needed, and you have set up none. Ask your administrator.':
    'Ein zweiter Nachweis, dass Sie es sind, ist nötig, und Sie haben keinen eingerichtet. Bitte wenden Sie sich an Ihre Administration.',
  'Your phone is not connected yet. Scan the picture with the Duo app.':
    'Ihr Telefon ist noch nicht verbunden. Scannen Sie das Bild mit der Duo-App.',
  'This invitation is no longer valid. Ask for a new one.': 'Diese Einladung gilt nicht mehr. Bitten Sie um eine neue.',
  'This name is taken. Please choose another one.': 'Dieser Name ist vergeben. Bitte wählen Sie einen anderen.',
  'The two passwords differ. Enter the same one twice.':
    'Die beiden Passwörter sind verschieden. Geben Sie zweimal dasselbe ein.',
  'This is no date. Enter it like 2028-05-27.': 'Das ist kein Datum. Geben Sie es ein wie 2028-05-27.',
  'This is no date with a time. Enter it like 2028-05-27 14:50.':
    'Das ist kein Datum mit Uhrzeit. Geben Sie es ein wie 2028-05-27 14:50.',
  'This was not accepted. Please change it and try again.':
    'Das wurde nicht angenommen. Bitte ändern Sie es und versuchen Sie es erneut.',
  'Too many attempts': 'Zu viele Versuche',
  'Please log in': 'Bitte melden Sie sich an',
  'You are already logged in': 'Sie sind bereits angemeldet',
  'This link leads elsewhere': 'Dieser Link führt woandershin',
  'Page not found': 'Seite nicht gefunden',
  'Log out': 'Abmelden',
  'Go to your account': 'Zu Ihrem Konto',
  'Reset the password': 'Passwort zurücksetzen',
  'The password was wrong too many times. Start again, or reset your password if you have forgotten it.':
    'Das Passwort war zu oft falsch. Beginnen Sie von vorn, oder setzen Sie Ihr Passwort zurück, wenn Sie es vergessen haben.',
  'The password was wrong too many times. Please start again.':
    'Das Passwort war zu oft falsch. Bitte beginnen Sie von vorn.',
  'You need to be logged in to go on here.': 'Sie müssen angemeldet sein, um hier fortzufahren.',
  'You are logged in as {username}. Log out first if you want to go on here as somebody else.':
    'Sie sind als {username} angemeldet. Melden Sie sich zuerst ab, wenn Sie hier als jemand anderes fortfahren möchten.',
  'Only administrators may go on here.': 'Hier dürfen nur Administratoren fortfahren.',
  'You cannot go on here. If you think that you should, ask your administrator.':
    'Sie können hier nicht fortfahren. Wenn Sie meinen, dass Sie es können sollten, wenden Sie sich an Ihre Administration.',
  'You cannot go on here. Start again, or ask your administrator if that does not help.':
    'Sie können hier nicht fortfahren. Beginnen Sie von vorn, oder wenden Sie sich an Ihre Administration, wenn das nicht hilft.',
  'The address to which you would be led now belongs to another site, so we do not follow it.':
    'Die Adresse, zu der Sie jetzt weitergeleitet würden, gehört zu einer anderen Website. Deshalb folgen wir ihr nicht.',
  'This page was out of date, so your answer was not accepted. Please try again.':
    'Diese Seite war nicht mehr aktuell, deshalb wurde Ihre Antwort nicht angenommen. Bitte versuchen Sie es erneut.',
  'What you sent is too large. Please choose a smaller file or a shorter text.':
    'Was Sie gesendet haben, ist zu groß. Bitte wählen Sie eine kleinere Datei oder einen kürzeren Text.',
  'Too many requests came from your network. Please try again later.':
    'Aus Ihrem Netz kamen zu viele Anfragen. Bitte versuchen Sie es später erneut.',
  'Too many attempts came from your network.': 'Aus Ihrem Netz kamen zu viele Versuche.',
  'Please try again {time}.': 'Bitte versuchen Sie es {time} erneut.',
  'There is nothing at this address, or not any more. Check it for typing mistakes.':
    'Unter dieser Adresse gibt es nichts, oder nichts mehr. Prüfen Sie sie auf Tippfehler.',
  'Exceeded maximum attempts. Contact your {brand} administrator for help.':
    'Zu viele Versuche. Wenden Sie sich an den Administrator von {brand}.',
  'Please look at the question again, and answer it once more.':
    'Bitte sehen Sie sich die Frage noch einmal an, und beantworten Sie sie erneut.',
  'No target user specified for account lockdown': 'Es ist nicht angegeben, welches Konto gesperrt werden soll',
  'You do not have permission to lock down this account.': 'Sie dürfen dieses Konto nicht sperren.',
  'Self-service account lockdown requires a completion flow.':
    'Um das eigene Konto zu sperren, braucht es einen Ablauf für das Ende.',
  'Account lockdown failed for this account.': 'Dieses Konto konnte nicht gesperrt werden.',
  "No target found for Redirect stage. The stage's target_flow may have been deleted.":
    'Kein Ziel für die Weiterleitung gefunden. Der Ziel-Ablauf (target_flow) wurde möglicherweise gelöscht.',
};
