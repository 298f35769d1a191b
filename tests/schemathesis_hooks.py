"""What the API's description leaves open when it is tried by chance: which places and organisations there are."""

from __future__ import annotations

import os

import schemathesis
from hypothesis import strategies

schemathesis.openapi.format("actor-slug", strategies.sampled_from(os.environ["ACTOR_SLUGS"].split()))
