"""Attribute names, and queries for users and groups."""

import records
from authentik.queries import Groups, Users

USER_ATTRIBUTE_CAN_OVERRIDE_IP = "goauthentik.io/user/override-ips"
USER_ATTRIBUTE_CHANGE_EMAIL = "goauthentik.io/user/can-change-email"
USER_ATTRIBUTE_CHANGE_NAME = "goauthentik.io/user/can-change-name"
USER_ATTRIBUTE_CHANGE_USERNAME = "goauthentik.io/user/can-change-username"
USER_ATTRIBUTE_DEBUG = "goauthentik.io/user/debug"
USER_ATTRIBUTE_EXPIRES = "goauthentik.io/user/expires"
USER_ATTRIBUTE_GENERATED = "goauthentik.io/user/generated"
USER_ATTRIBUTE_SOURCES = "goauthentik.io/user/sources"
USER_ATTRIBUTE_TOKEN_EXPIRING = "goauthentik.io/user/token-expires"


class UserTypes:
    """The types of user accounts."""

    INTERNAL = "internal"
    EXTERNAL = "external"
    SERVICE_ACCOUNT = "service_account"
    INTERNAL_SERVICE_ACCOUNT = "internal_service_account"


class User:
    """Queries for users."""

    objects = Users({})
    DoesNotExist = records.User.DoesNotExist
    MultipleObjectsReturned = records.User.MultipleObjectsReturned


class Group:
    """Queries for groups."""

    objects = Groups({})
    DoesNotExist = records.Group.DoesNotExist
    MultipleObjectsReturned = records.Group.MultipleObjectsReturned
