"""Packaging; tool settings live in pyproject.toml."""

import re
from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent
# Where the package lives: links on PyPI, and the address of the README's picture there, begin with it.
HOME = "https://github.com/openedx/edx-proctoring"


def version() -> str:
    """The version that the package states."""
    text = (ROOT / "edx_proctoring" / "__init__.py").read_text(encoding="utf-8")
    found = re.search(r'__version__ = "([^"]+)"', text)
    assert found, "no version"
    return found.group(1)


def requirements(name: str) -> list[str]:
    """The lines of a requirements file."""
    lines = (ROOT / "requirements" / name).read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith(("#", "-"))]


def readme() -> str:
    """The README as it is shown elsewhere: with the whole addresses of its pictures and links."""
    text = (ROOT / "README.rst").read_text(encoding="utf-8")
    text = re.sub(r" <((?:docs/)?[\w-]+\.rst)>`_", rf" <{HOME}/blob/HEAD/\1>`_", text)
    return text.replace(".. image:: docs/", f".. image:: {HOME}/raw/HEAD/docs/")


OPENEDX = requirements("openedx.in")

setup(
    name="edx-proctoring",
    version=version(),
    description="Proctoring for Open edX and for any Django LMS",
    long_description=readme(),
    long_description_content_type="text/x-rst",
    keywords=["proctoring", "timed exams", "Open edX", "LMS", "Django"],
    project_urls={
        "Source": HOME,
        "Documentation": f"{HOME}/tree/HEAD/docs",
        "Changelog": f"{HOME}/blob/HEAD/CHANGELOG.rst",
        "Issues": f"{HOME}/issues",
    },
    license_expression="Apache-2.0",
    license_files=["LICENSE"],
    python_requires=">=3.11",
    packages=find_packages(include=["edx_proctoring", "edx_proctoring.*"]),
    package_data={
        "edx_proctoring": [
            "py.typed",
            "locale/**/*.po",
            "locale/**/*.mo",
            "contrib/*/locale/**/*.po",
            "contrib/*/locale/**/*.mo",
            "contrib/*/templates/**/*.html",
            "openapi/*.json",
            "static/**/*",
            "templates/**/*.html",
        ]
    },
    include_package_data=False,
    zip_safe=False,
    install_requires=requirements("base.in"),
    extras_require={
        "openedx": OPENEDX,
        "openapi": requirements("openapi.in"),
        "xlsx": ["xlsxwriter"],
        "testing": ["factory-boy", "responses"],
    },
    entry_points={
        "lms.djangoapp": ["edx_proctoring = edx_proctoring.apps:EdxProctoringConfig"],
        "cms.djangoapp": ["edx_proctoring = edx_proctoring.apps:EdxProctoringConfig"],
        "openedx.proctoring": [
            "mock = edx_proctoring.backends.mock:MockProctoringBackendProvider",
            "null = edx_proctoring.backends.null:NullBackendProvider",
            "rpnow4 = edx_proctoring.backends.software_secure:SoftwareSecureBackendProvider",
            "software_secure = edx_proctoring.backends.software_secure:SoftwareSecureBackendProvider",
        ],
    },
    classifiers=[
        "Development Status :: 4 - Beta",
        "Environment :: Web Environment",
        "Framework :: Django",
        "Framework :: Django :: 5.2",
        "Framework :: Django :: 6.0",
        "Framework :: Django :: 6.1",
        "Intended Audience :: Developers",
        "Intended Audience :: Education",
        "Natural Language :: Arabic",
        "Natural Language :: Chinese (Simplified)",
        "Natural Language :: English",
        "Natural Language :: French",
        "Natural Language :: German",
        "Natural Language :: Portuguese (Brazilian)",
        "Natural Language :: Spanish",
        "Programming Language :: Python :: 3",
        "Programming Language :: Python :: 3 :: Only",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
        "Topic :: Education",
        "Topic :: Education :: Testing",
        "Typing :: Typed",
    ],
)
