import type { Catalogue } from '../catalogue.js';

/** Texts of mails, in Spanish. */
export const es: Catalogue = {
  'Reset your password': 'Restablecer su contraseña',
  'Somebody asked to reset the password of {username} at {brand}. If it was you, go on here:':
    'Alguien ha pedido restablecer la contraseña de {username} en {brand}. Si ha sido usted, continúe aquí:',
  'Choose a new password': 'Elegir una contraseña nueva',
  'Confirm your email address': 'Confirmar su dirección de correo',
  'This address was given for {username} at {brand}. If it was you, confirm it here:':
    'Se ha indicado esta dirección para {username} en {brand}. Si ha sido usted, confírmela aquí:',
  'Confirm the address': 'Confirmar la dirección',
  'Or type this code on the page that waits for it:': 'O introduzca este código en la página que lo espera:',
  'The link works once, for {minutes} minutes, in any browser.':
    'El enlace sirve una vez, durante {minutes, plural, one {un minuto} other {{minutes} minutos}}, en cualquier navegador.',
  'The code works for {minutes} minutes.':
    'El código sirve durante {minutes, plural, one {un minuto} other {{minutes} minutos}}.',
  'If it was not you, there is nothing to do: your password stays as it is. Give the link and the code to nobody.':
    'Si no ha sido usted, no tiene que hacer nada: su contraseña no cambia. No dé el enlace ni el código a nadie.',
  'If it was not you, there is nothing to do. Give the link and the code to nobody.':
    'Si no ha sido usted, no tiene que hacer nada. No dé el enlace ni el código a nadie.',
  'Your code': 'Su código',
  'Enter this code to go on as {username} at {brand}:':
    'Introduzca este código para continuar como {username} en {brand}:',
  'If it was not you, somebody else may know your password: change it. Give the code to nobody.':
    'Si no ha sido usted, puede que otra persona conozca su contraseña: cámbiela. No dé el código a nadie.',
  'You are invited': 'Tiene una invitación',
  '{username} is invited to {brand}. Accept the invitation here:':
    '{username} tiene una invitación a {brand}. Acéptela aquí:',
  'Accept the invitation': 'Aceptar la invitación',
  'If you do not want the invitation, there is nothing to do. Give the link and the code to nobody.':
    'Si no quiere la invitación, no tiene que hacer nada. No dé el enlace ni el código a nadie.',
  'Somebody asked to log in as {username} at {brand} by mail. If it was you, go on here:':
    'Alguien ha pedido iniciar sesión por correo como {username} en {brand}. Si ha sido usted, continúe aquí:',
};
