"""Devices that workers compute on: a stand-in for an accelerator where there is none."""
