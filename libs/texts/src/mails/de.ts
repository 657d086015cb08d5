import type { Catalogue } from '../catalogue.js';

/** Texts of mails, in German. */
export const de: Catalogue = {
  'Reset your password': 'Passwort zurücksetzen',
  'Somebody asked to reset the password of {username} at {brand}. If it was you, go on here:':
    'Jemand möchte das Passwort von {username} bei {brand} zurücksetzen. Wenn Sie das sind, geht es hier weiter:',
  'Choose a new password': 'Neues Passwort wählen',
  'Confirm your email address': 'E-Mail-Adresse bestätigen',
  'This address was given for {username} at {brand}. If it was you, confirm it here:':
    'Diese Adresse wurde für {username} bei {brand} angegeben. Wenn Sie das waren, bestätigen Sie sie hier:',
  'Confirm the address': 'Adresse bestätigen',
  'Or type this code on the page that waits for it:':
    'Oder geben Sie diesen Code auf der Seite ein, die darauf wartet:',
  'The link works once, for {minutes} minutes, in any browser.':
    'Der Link gilt einmal, {minutes, plural, one {eine Minute} other {{minutes} Minuten}} lang, in jedem Browser.',
  'The code works for {minutes} minutes.':
    'Der Code gilt {minutes, plural, one {eine Minute} other {{minutes} Minuten}} lang.',
  'If it was not you, there is nothing to do: your password stays as it is. Give the link and the code to nobody.':
    'Wenn Sie das nicht waren, müssen Sie nichts tun: Ihr Passwort bleibt, wie es ist. Geben Sie Link und Code niemandem weiter.',
  'If it was not you, there is nothing to do. Give the link and the code to nobody.':
    'Wenn Sie das nicht waren, müssen Sie nichts tun. Geben Sie Link und Code niemandem weiter.',
  'Your code': 'Ihr Code',
  'Enter this code to go on as {username} at {brand}:':
    'Geben Sie diesen Code ein, um als {username} bei {brand} fortzufahren:',
  'If it was not you, somebody else may know your password: change it. Give the code to nobody.':
    'Wenn Sie das nicht waren, kennt vielleicht jemand anders Ihr Passwort: Ändern Sie es. Geben Sie den Code niemandem weiter.',
  'You are invited': 'Sie sind eingeladen',
  '{username} is invited to {brand}. Accept the invitation here:':
    '{username} ist zu {brand} eingeladen. Nehmen Sie die Einladung hier an:',
  'Accept the invitation': 'Einladung annehmen',
  'If you do not want the invitation, there is nothing to do. Give the link and the code to nobody.':
    'Wenn Sie die Einladung nicht möchten, müssen Sie nichts tun. Geben Sie Link und Code niemandem weiter.',
  'Somebody asked to log in as {username} at {brand} by mail. If it was you, go on here:':
    'Jemand möchte sich per E-Mail als {username} bei {brand} anmelden. Wenn Sie das sind, geht es hier weiter:',
};
