"""A plug-in for Tutor: edx-proctoring in LMS and Studio, with its settings, schedule and migrations.

tutor plugins install …/proctoring.py, then: tutor plugins enable proctoring. docs/guide/tutor.rst goes on.
"""

from tutor import hooks

hooks.Filters.CONFIG_DEFAULTS.add_items(
    [
        # The requirement that pip installs into the image: a version of the index, or a wheel's address.
        ("PROCTORING_REQUIREMENT", "edx-proctoring[openedx]>=7"),
        # Requirements of providers' packages.
        ("PROCTORING_PROVIDER_REQUIREMENTS", []),
        # The Django settings of these names.
        ("PROCTORING_BACKENDS", {"DEFAULT": "null", "null": {}}),
        ("PROCTORING_SETTINGS", {}),
        # Extensions for the LMS, e.g. edx_proctoring.contrib.accommodations and edx_proctoring.contrib.live.
        ("PROCTORING_EXTENSIONS", []),
        # "beat": a process of Celery beat each for LMS and Studio. "cron": none; run the commands of
        # docs/operate.rst yourself.
        ("PROCTORING_SCHEDULE", "beat"),
        # Further origins whose pages may call the REST interface, besides the micro-frontends of tutor-mfe.
        ("PROCTORING_MFE_ORIGINS", []),
    ]
)
# Made once and kept in config.yml: providers know learners by the first.
hooks.Filters.CONFIG_UNIQUE.add_items(
    [
        ("PROCTORING_OBFUSCATION_KEY", "{{ 40|random_string }}"),
        ("PROCTORING_HEALTH_TOKEN", "{{ 40|random_string }}"),
    ]
)

INSTALL = """
# edx-proctoring takes the place of the published package. Without --upgrade, which makes uv replace Django, too.
{%- for requirement in [PROCTORING_REQUIREMENT] + PROCTORING_PROVIDER_REQUIREMENTS %}
RUN --mount=type=cache,target=/openedx/.cache/pip,sharing=shared \\
    ${PIP_COMMAND:-pip} install '{{ requirement }}'
{%- endfor %}
"""

COMMON = """
# edx-proctoring: begin
ENABLE_SPECIAL_EXAMS = True
FEATURES["ENABLE_SPECIAL_EXAMS"] = True
PROCTORING_BACKENDS = {{ PROCTORING_BACKENDS }}
PROCTORING_SETTINGS = {
    "SITE_NAME": "{{ LMS_HOST }}",
    "HEALTH_TOKEN": "{{ PROCTORING_HEALTH_TOKEN }}",
    {%- if MFE_HOST is defined %}
    "FRAME_ANCESTORS": ["{% if ENABLE_HTTPS %}https{% else %}http{% endif %}://{{ MFE_HOST }}"],
    {%- endif %}
    **{{ PROCTORING_SETTINGS }},
}
PROCTORING_USER_OBFUSCATION_KEY = "{{ PROCTORING_OBFUSCATION_KEY }}"
# edx-proctoring: end
"""

LMS = """
# edx-proctoring: begin
INSTALLED_APPS += {{ PROCTORING_EXTENSIONS }}
for _origin in {{ PROCTORING_MFE_ORIGINS }}:
    CORS_ORIGIN_WHITELIST.append(_origin)
    CSRF_TRUSTED_ORIGINS.append(_origin)
# edx-proctoring: end
"""

COMPOSE = """
{%- if PROCTORING_SCHEDULE == "beat" %}
{%- for service in ["lms", "cms"] %}
{{ service }}-proctoring-beat:
  image: {{ DOCKER_IMAGE_OPENEDX }}
  environment:
    SERVICE_VARIANT: {{ service }}
    DJANGO_SETTINGS_MODULE: {{ service }}.envs.tutor.production
  command: ["celery", "--app={{ service }}.celery", "beat", "--loglevel=info", "--schedule=/tmp/beat", "--pidfile="]
  restart: unless-stopped
  volumes:
    - ../apps/openedx/settings/lms:/openedx/edx-platform/lms/envs/tutor:ro
    - ../apps/openedx/settings/cms:/openedx/edx-platform/cms/envs/tutor:ro
    - ../apps/openedx/config:/openedx/config:ro
  depends_on:
    - {{ service }}
{%- endfor %}
{%- endif %}
"""

KUBERNETES = """
{%- if PROCTORING_SCHEDULE == "beat" %}
{%- for service in ["lms", "cms"] %}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ service }}-proctoring-beat
  labels:
    app.kubernetes.io/name: {{ service }}-proctoring-beat
spec:
  replicas: 1
  strategy:
    type: Recreate
  selector:
    matchLabels:
      app.kubernetes.io/name: {{ service }}-proctoring-beat
  template:
    metadata:
      labels:
        app.kubernetes.io/name: {{ service }}-proctoring-beat
    spec:
      securityContext:
        runAsUser: 1000
        runAsGroup: 1000
      containers:
        - name: {{ service }}-proctoring-beat
          image: {{ DOCKER_IMAGE_OPENEDX }}
          args: ["celery", "--app={{ service }}.celery", "beat", "--loglevel=info", "--schedule=/tmp/beat", "--pidfile="]
          env:
          - name: SERVICE_VARIANT
            value: {{ service }}
          - name: DJANGO_SETTINGS_MODULE
            value: {{ service }}.envs.tutor.production
          volumeMounts:
            - mountPath: /openedx/edx-platform/lms/envs/tutor/
              name: settings-lms
            - mountPath: /openedx/edx-platform/cms/envs/tutor/
              name: settings-cms
            - mountPath: /openedx/config
              name: config
          securityContext:
            allowPrivilegeEscalation: false
      volumes:
        - name: settings-lms
          configMap:
            name: openedx-settings-lms
        - name: settings-cms
          configMap:
            name: openedx-settings-cms
        - name: config
          configMap:
            name: openedx-config
{%- endfor %}
{%- endif %}
"""

hooks.Filters.ENV_PATCHES.add_items(
    [
        ("openedx-dockerfile-post-python-requirements", INSTALL),
        ("openedx-common-settings", COMMON),
        ("openedx-lms-common-settings", LMS),
        ("local-docker-compose-prod-services", COMPOSE),
        ("k8s-deployments", KUBERNETES),
    ]
)

# Extensions have tables, too.
MIGRATE = "./manage.py lms migrate{% if not PROCTORING_EXTENSIONS %} edx_proctoring{% endif %}"

# tutor local do init --limit=proctoring
hooks.Filters.CLI_DO_INIT_TASKS.add_items(
    [
        (
            "lms",
            f"{MIGRATE} && ./manage.py lms check --tag edx_proctoring",
        ),
        ("cms", "./manage.py cms check --tag edx_proctoring"),
    ]
)
