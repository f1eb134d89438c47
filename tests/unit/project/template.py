"""template.yaml as data, for tests that compare it with the code."""

from local.template import ROOT, folder_of, load_template, resources_of, variables_of

__all__ = ["ROOT", "folder_of", "load_template", "resources_of", "variables_of"]
