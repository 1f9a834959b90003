#!/bin/sh
# Plants a verifier that does not check the signature, a bill of materials with a type that CycloneDX does not know, and provenance without a commit.
. hardening/gates/planted.sh
# The program is built without optimisation, which does not matter here and takes a third of the time.
sed -i 's/-O2 -g/-O0/' profiler/profiler.mk
sed -i 's/ -flto=auto -flto-partition=one//' profiler/release.mk
sed -i '/^minisign -Vq/d' hardening/release/check_published.sh
must_be_red "a verifier that does not check the signature" "accepted: a signature of another key"
restore hardening/release/check_published.sh
sed -i 's/"type": "library"/"type": "librari"/' hardening/release/bill_of_materials.py
must_be_red "a bill of materials with a type that CycloneDX does not know" "librari.* is not one of"
restore hardening/release/bill_of_materials.py
sed -i 's/{"gitCommit": said\["commit"\]}/{}/' hardening/release/provenance.py
must_be_red "provenance without a commit" "it names no commit"
all_red
