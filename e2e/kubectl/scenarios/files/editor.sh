#!/bin/sh
sed -i "s/teal/blue/" "$1"
