"""The token endpoint: it can return JWTs, as that of the LMS does."""

import json
import time
from typing import Any

import jwt
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt
from oauth2_provider.models import get_access_token_model
from oauth2_provider.views import TokenView


@method_decorator(csrf_exempt, name="dispatch")
class AccessTokenView(TokenView):
    """With `token_type=jwt`, returns a JWT of the application's user instead of an access token."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().post(request, *args, **kwargs)
        if response.status_code != 200 or request.POST.get("token_type", "").lower() != "jwt":
            return response
        answer = json.loads(response.content)
        token = get_access_token_model().objects.get(token=answer["access_token"])
        user = token.user or token.application.user
        answer["access_token"] = _as_jwt(user, answer["expires_in"])
        answer["token_type"] = "JWT"
        return JsonResponse(answer)


def _as_jwt(user: Any, seconds: int) -> str:
    now = int(time.time())
    claims = {
        "iss": settings.JWT_AUTH["JWT_ISSUER"],
        "aud": settings.JWT_AUTH["JWT_AUDIENCE"],
        "iat": now,
        "exp": now + seconds,
        "preferred_username": user.username,
        "sub": str(user.pk),
        "scopes": ["read", "write"],
        "version": settings.JWT_AUTH["JWT_SUPPORTED_VERSION"],
        "email": user.email,
    }
    return jwt.encode(claims, settings.JWT_AUTH["JWT_SECRET_KEY"], algorithm="HS256")
