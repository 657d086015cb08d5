import type { Catalogue } from '../catalogue.js';

/** Texts of errors, refusals and unknown addresses on flow pages, in Spanish. */
export const es: Catalogue = {
  'Please fill this in.': 'Rellene este campo, por favor.',
  'Please choose one of the options.': 'Elija una de las opciones, por favor.',
  'This way cannot be used now. Please choose another one.':
    'Esta opción no está disponible ahora. Elija otra, por favor.',
  'This file could not be read. Please choose another one.':
    'No se ha podido leer este archivo. Elija otro, por favor.',
  'This device is registered already. Please use another one.':
    'Este dispositivo ya está registrado. Use otro, por favor.',
  'The check that you are no robot has failed. Please try it again.':
    'La comprobación de que no es un robot ha fallado. Inténtelo de nuevo, por favor.',
  'We do not know this name. Check it for typing mistakes, and try again.':
    'No conocemos este nombre. Compruebe que esté bien escrito e inténtelo de nuevo.',
  'Wrong password. Please try again.': 'Contraseña incorrecta. Inténtelo de nuevo, por favor.',
  'Wrong password. Try again or [reset it].': 'Contraseña incorrecta. Inténtelo de nuevo o [restablézcala].',
  'Wrong name or password. Please try again.': 'Nombre o contraseña incorrectos. Inténtelo de nuevo, por favor.',
  'Wrong name or password. Try again or [reset the password].':
    'Nombre o contraseña incorrectos. Inténtelo de nuevo o [restablezca la contraseña].',
  'We do not know whom to write to. Please start again.': 'No sabemos a quién escribir. Empiece de nuevo, por favor.',
  'This code is wrong or too old. Enter the newest one, or let us send another email.':
    'Este código es incorrecto o demasiado antiguo. Introduzca el más reciente o pida otro correo.',
  'This code is wrong or has expired. Compare it with the one on your device.':
    'Este código es incorrecto o ha caducado. Compárelo con el de su dispositivo.',
  'Wrong code. Enter the newest one that we have sent you.':
    'Código incorrecto. Introduzca el último que le hemos enviado.',
  'This is no phone number. Enter it with the code of the country, like +44 7700 900000.':
    'Esto no es un número de teléfono. Introdúzcalo con el prefijo del país, por ejemplo +44 7700 900000.',
  'Wrong code. Enter the one that your app shows now.':
    'Código incorrecto. Introduzca el que muestra ahora su aplicación.',
  'This code did not match. Enter the newest one: each code works only once.':
    'Este código no coincide. Introduzca el más reciente: cada código sirve una sola vez.',
  'This device is not set up for your account. Please use another one.':
    'Este dispositivo no está configurado para su cuenta. Use otro, por favor.',
  'This device could not confirm that it is you. Please try again.':
    'Este dispositivo no ha podido confirmar que es usted. Inténtelo de nuevo, por favor.',
  'Duo did not let you in. Send the message again, and confirm it on your phone.':
    'Duo no ha confirmado el inicio de sesión. Envíe el mensaje otra vez y confírmelo en su teléfono.',
  'A second proof that it is you is needed, and you have set up none. Ask your administrator.':
    'Se necesita una segunda prueba de que es usted y no ha configurado ninguna. Consulte a su administrador.',
  'Your phone is not connected yet. Scan the picture with the Duo app.':
    'Su teléfono aún no está conectado. Escanee la imagen con la aplicación Duo.',
  'This invitation is no longer valid. Ask for a new one.': 'Esta invitación ya no es válida. Pida una nueva.',
  'This name is taken. Please choose another one.': 'Este nombre ya está en uso. Elija otro, por favor.',
  'The two passwords differ. Enter the same one twice.':
    'Las dos contraseñas son distintas. Introduzca la misma dos veces.',
  'This is no date. Enter it like 2028-05-27.': 'Esto no es una fecha. Introdúzcala así: 2028-05-27.',
  'This is no date with a time. Enter it like 2028-05-27 14:50.':
    'Esto no es una fecha con hora. Introdúzcala así: 2028-05-27 14:50.',
  'This was not accepted. Please change it and try again.':
    'Esto no se ha aceptado. Cámbielo e inténtelo de nuevo, por favor.',
  'Too many attempts': 'Demasiados intentos',
  'Please log in': 'Inicie sesión, por favor',
  'You are already logged in': 'Ya ha iniciado sesión',
  'This link leads elsewhere': 'Este enlace lleva a otro sitio',
  'Page not found': 'Página no encontrada',
  'Log out': 'Cerrar la sesión',
  'Go to your account': 'Ir a su cuenta',
  'Reset the password': 'Restablecer la contraseña',
  'The password was wrong too many times. Start again, or reset your password if you have forgotten it.':
    'Ha introducido demasiadas veces una contraseña incorrecta. Empiece de nuevo o restablezca su contraseña si la ha olvidado.',
  'The password was wrong too many times. Please start again.':
    'Ha introducido demasiadas veces una contraseña incorrecta. Empiece de nuevo, por favor.',
  'You need to be logged in to go on here.': 'Tiene que haber iniciado sesión para continuar aquí.',
  'You are logged in as {username}. Log out first if you want to go on here as somebody else.':
    'Ha iniciado sesión como {username}. Cierre primero la sesión si quiere continuar aquí como otra persona.',
  'Only administrators may go on here.': 'Solo los administradores pueden continuar aquí.',
  'You cannot go on here. If you think that you should, ask your administrator.':
    'No puede continuar aquí. Si cree que debería poder hacerlo, consulte a su administrador.',
  'You cannot go on here. Start again, or ask your administrator if that does not help.':
    'No puede continuar aquí. Empiece de nuevo o, si eso no ayuda, consulte a su administrador.',
  'The address to which you would be led now belongs to another site, so we do not follow it.':
    'La dirección a la que se le llevaría pertenece a otro sitio, por lo que no la abrimos.',
  'This page was out of date, so your answer was not accepted. Please try again.':
    'Esta página ya no estaba actualizada, así que no se ha aceptado su respuesta. Inténtelo de nuevo, por favor.',
  'What you sent is too large. Please choose a smaller file or a shorter text.':
    'Lo que ha enviado es demasiado grande. Elija un archivo más pequeño o un texto más corto, por favor.',
  'Too many requests came from your network. Please try again later.':
    'Han llegado demasiadas solicitudes de su red. Vuelva a intentarlo más tarde.',
  'Too many attempts came from your network.': 'Han llegado demasiados intentos de su red.',
  'Please try again {time}.': 'Vuelva a intentarlo {time}.',
  'There is nothing at this address, or not any more. Check it for typing mistakes.':
    'En esta dirección no hay nada, o ya no lo hay. Compruebe que esté bien escrita.',
  'Exceeded maximum attempts. Contact your {brand} administrator for help.':
    'Demasiados intentos. Póngase en contacto con el administrador de {brand}.',
  'Please look at the question again, and answer it once more.': 'Lea la pregunta de nuevo y respóndala otra vez.',
  'No target user specified for account lockdown': 'No se ha indicado qué cuenta se debe bloquear',
  'You do not have permission to lock down this account.': 'No tiene permiso para bloquear esta cuenta.',
  'Self-service account lockdown requires a completion flow.':
    'El bloqueo de la propia cuenta necesita un flujo final.',
  'Account lockdown failed for this account.': 'No se ha podido bloquear esta cuenta.',
  "No target found for Redirect stage. The stage's target_flow may have been deleted.":
    'No se encontró ningún destino para la redirección. Es posible que se haya eliminado el proceso de destino (target_flow).',
};
