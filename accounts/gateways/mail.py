"""E-mail by whatever Django is set to: SMTP, or the test inbox of a local installation."""

import smtplib

from django.core.mail import EmailMessage

from accounts.gateways.errors import GatewayError, RefusedError


def send_email(address: str, subject: str, text: str) -> None:
    """Hand one plain letter to the mail server. Raises GatewayError, RefusedError where it never will take it."""
    letter = EmailMessage(" ".join(subject.split()), text, to=[address])
    try:
        letter.send()
    except smtplib.SMTPRecipientsRefused as refusal:
        # 4xx of a mail server means "later" (greylisting, a full box), 5xx "never".
        codes = [code for code, _ in refusal.recipients.values()]
        if all(code >= 500 for code in codes):
            raise RefusedError("邮件服务器不收这个邮箱。") from refusal
        raise GatewayError("邮件服务器暂时不收。") from refusal
    except (smtplib.SMTPException, OSError) as fault:
        raise GatewayError("邮件服务器连接不上或不接收。") from fault
