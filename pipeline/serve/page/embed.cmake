# cmake -DOUT=FILE -DFOLDER=FOLDER -P embed.cmake: writes a C file that holds the page's files as bytes.
set(text "#include \"pipeline/serve/serve.h\"\n")
foreach(kind html css js)
    file(READ ${FOLDER}/page.${kind} bytes HEX)
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
    string(APPEND text "\nstatic const unsigned char ${kind}[] = { ${bytes} };\n"
        "const struct chute_page_file chute_page_${kind} = { ${kind}, sizeof(${kind}) };\n")
endforeach()
file(WRITE ${OUT} "${text}")
