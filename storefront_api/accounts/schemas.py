"""What goes into and comes out of signing in."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from marketplace.vocabulary import Role


class SignIn(BaseModel):
    """E-mail address and password."""

    model_config = ConfigDict(extra="forbid")

    email: str = Field(min_length=3, max_length=320)
    password: SecretStr = Field(min_length=1, max_length=1024)


class Refresh(BaseModel):
    """The refresh token, for clients without cookies."""

    model_config = ConfigDict(extra="forbid")

    refresh_token: str | None = Field(default=None, max_length=200)


class Me(BaseModel):
    """The person who asks, as they may see themselves."""

    user_id: str
    role: Role
    full_name: str
    email: str
    locale: str
    wants_personalisation: bool
    seller_id: str | None = None


class Tokens(BaseModel):
    """A short access token to send as `Authorization: Bearer`, and a refresh token that works once."""

    access_token: str
    token_type: str = "bearer"
    expires_at: datetime
    refresh_token: str
    user: Me
