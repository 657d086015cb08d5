import type { Catalogue } from '../catalogue.js';

/** Texts of errors, refusals and unknown addresses on flow pages, in Arabic. */
export const ar: Catalogue = {
  'Please fill this in.': 'يُرجى ملء هذا الحقل.',
  'Please choose one of the options.': 'يُرجى اختيار أحد الخيارات.',
  'This way cannot be used now. Please choose another one.':
    'لا يمكن استخدام هذه الطريقة الآن. يُرجى اختيار طريقة أخرى.',
  'This file could not be read. Please choose another one.': 'تعذّرت قراءة هذا الملف. يُرجى اختيار ملف آخر.',
  'This device is registered already. Please use another one.': 'هذا الجهاز مسجّل بالفعل. يُرجى استخدام جهاز آخر.',
  'The check that you are no robot has failed. Please try it again.':
    'فشل التحقق من أنك لست روبوتًا. يُرجى المحاولة مرة أخرى.',
  'We do not know this name. Check it for typing mistakes, and try again.':
    'لا نعرف هذا الاسم. تحقّق من كتابته ثم حاول مرة أخرى.',
  'Wrong password. Please try again.': 'كلمة المرور غير صحيحة. يُرجى المحاولة مرة أخرى.',
  'Wrong password. Try again or [reset it].': 'كلمة المرور غير صحيحة. حاول مرة أخرى أو [أعد تعيينها].',
  'Wrong name or password. Please try again.': 'الاسم أو كلمة المرور غير صحيحة. يُرجى المحاولة مرة أخرى.',
  'Wrong name or password. Try again or [reset the password].':
    'الاسم أو كلمة المرور غير صحيحة. حاول مرة أخرى أو [أعد تعيين كلمة المرور].',
  'We do not know whom to write to. Please start again.': 'لا نعرف إلى من نكتب. يُرجى البدء من جديد.',
  'This code is wrong or too old. Enter the newest one, or let us send another email.':
    'هذا الرمز غير صحيح أو قديم. أدخل أحدث رمز أو اطلب رسالة بريد أخرى.',
  'This code is wrong or has expired. Compare it with the one on your device.':
    'هذا الرمز غير صحيح أو انتهت صلاحيته. قارنه بالرمز الظاهر على جهازك.',
  'Wrong code. Enter the newest one that we have sent you.': 'الرمز غير صحيح. أدخل أحدث رمز أرسلناه إليك.',
  'This is no phone number. Enter it with the code of the country, like +44 7700 900000.':
    'هذا ليس رقم هاتف. أدخله مع رمز البلد، مثل ‎+44 7700 900000.',
  'Wrong code. Enter the one that your app shows now.': 'الرمز غير صحيح. أدخل الرمز الذي يعرضه تطبيقك الآن.',
  'This code did not match. Enter the newest one: each code works only once.':
    'هذا الرمز غير مطابق. أدخل أحدث رمز: فكل رمز يصلح مرة واحدة فقط.',
  'This device is not set up for your account. Please use another one.':
    'هذا الجهاز غير معدّ لحسابك. يُرجى استخدام جهاز آخر.',
  'This device could not confirm that it is you. Please try again.':
    'تعذّر على هذا الجهاز تأكيد هويتك. يُرجى المحاولة مرة أخرى.',
  'Duo did not let you in. Send the message again, and confirm it on your phone.':
    'لم يسمح لك Duo بالدخول. أرسل الرسالة مرة أخرى وأكّدها على هاتفك.',
  'A second proof that it is you is needed, and you have set up none. Ask your administrator.':
    'يلزم إثبات ثانٍ لهويتك، ولم تُعِدّ أي وسيلة لذلك. يُرجى مراجعة المسؤول.',
  'Your phone is not connected yet. Scan the picture with the Duo app.': 'هاتفك غير متصل بعد. امسح الصورة بتطبيق Duo.',
  'This invitation is no longer valid. Ask for a new one.': 'لم تعد هذه الدعوة صالحة. اطلب دعوة جديدة.',
  'This name is taken. Please choose another one.': 'هذا الاسم مستخدم. يُرجى اختيار اسم آخر.',
  'The two passwords differ. Enter the same one twice.': 'كلمتا المرور مختلفتان. أدخل الكلمة نفسها مرتين.',
  'This is no date. Enter it like 2028-05-27.': 'هذا ليس تاريخًا. أدخله على شكل \u200e2028-05-27.',
  'This is no date with a time. Enter it like 2028-05-27 14:50.':
    'هذا ليس تاريخًا مع وقت. أدخله على شكل \u200e2028-05-27 14:50.',
  'This was not accepted. Please change it and try again.': 'لم يُقبل هذا. يُرجى تغييره والمحاولة مرة أخرى.',
  'Too many attempts': 'محاولات كثيرة جدًا',
  'Please log in': 'يُرجى تسجيل الدخول',
  'You are already logged in': 'أنت مسجّل الدخول بالفعل',
  'This link leads elsewhere': 'هذا الرابط يؤدي إلى موقع آخر',
  'Page not found': 'الصفحة غير موجودة',
  'Log out': 'تسجيل الخروج',
  'Go to your account': 'الانتقال إلى حسابك',
  'Reset the password': 'إعادة تعيين كلمة المرور',
  'The password was wrong too many times. Start again, or reset your password if you have forgotten it.':
    'أُدخلت كلمة مرور غير صحيحة مرات كثيرة جدًا. ابدأ من جديد، أو أعد تعيين كلمة المرور إن نسيتها.',
  'The password was wrong too many times. Please start again.':
    'أُدخلت كلمة مرور غير صحيحة مرات كثيرة جدًا. يُرجى البدء من جديد.',
  'You need to be logged in to go on here.': 'يجب أن تكون مسجّل الدخول للمتابعة هنا.',
  'You are logged in as {username}. Log out first if you want to go on here as somebody else.':
    'أنت مسجّل الدخول باسم {username}. سجّل الخروج أولًا إن أردت المتابعة هنا بحساب آخر.',
  'Only administrators may go on here.': 'لا يمكن لغير المسؤولين المتابعة هنا.',
  'You cannot go on here. If you think that you should, ask your administrator.':
    'لا يمكنك المتابعة هنا. إن كنت ترى أن ذلك من حقك، فراجع المسؤول.',
  'You cannot go on here. Start again, or ask your administrator if that does not help.':
    'لا يمكنك المتابعة هنا. ابدأ من جديد، أو راجع المسؤول إن لم يفد ذلك.',
  'The address to which you would be led now belongs to another site, so we do not follow it.':
    'العنوان الذي كنت ستُوجَّه إليه تابع لموقع آخر، ولذلك لا نتبعه.',
  'This page was out of date, so your answer was not accepted. Please try again.':
    'كانت هذه الصفحة قديمة، ولذلك لم تُقبل إجابتك. يُرجى المحاولة مرة أخرى.',
  'What you sent is too large. Please choose a smaller file or a shorter text.':
    'ما أرسلته كبير جدًا. يُرجى اختيار ملف أصغر أو نص أقصر.',
  'Too many requests came from your network. Please try again later.':
    'وردت طلبات كثيرة جدًا من شبكتك. يُرجى المحاولة لاحقًا.',
  'Too many attempts came from your network.': 'وردت محاولات كثيرة جدًا من شبكتك.',
  'Please try again {time}.': 'يُرجى المحاولة مرة أخرى {time}.',
  'There is nothing at this address, or not any more. Check it for typing mistakes.':
    'لا يوجد شيء على هذا العنوان، أو لم يعد موجودًا. تحقّق من كتابته.',
  'Exceeded maximum attempts. Contact your {brand} administrator for help.':
    'محاولات كثيرة جدًا. تواصل مع مسؤول {brand} للمساعدة.',
  'Please look at the question again, and answer it once more.': 'اقرأ السؤال مرة أخرى ثم أجب عنه مجددًا.',
  'No target user specified for account lockdown': 'لم يُحدَّد الحساب المطلوب قفله',
  'You do not have permission to lock down this account.': 'ليس لديك إذن بقفل هذا الحساب.',
  'Self-service account lockdown requires a completion flow.': 'يتطلب قفل حسابك الخاص مسارًا ختاميًا.',
  'Account lockdown failed for this account.': 'تعذّر قفل هذا الحساب.',
  "No target found for Redirect stage. The stage's target_flow may have been deleted.":
    'لم يُعثر على وجهة لإعادة التوجيه. ربما حُذف المسار الهدف (target_flow).',
};
