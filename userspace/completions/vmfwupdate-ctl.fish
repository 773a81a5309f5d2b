# SPDX-License-Identifier: LGPL-2.1-or-later
#
# fish completion of vmfwupdate-ctl(8): the tool itself lists the words that may come
# next.
#
# Copyright (C) 2026 The vmfwupdate authors

# fish 4 takes what is before a "=" for the name of a variable, and completes only the rest.
function __vmfwupdate_ctl_paths
    if string match -q -- '*=*' $argv[1]
        for path in $argv[1]*
            test -d $path; and printf '%s/\n' $path; or printf '%s\n' $path
        end
    else
        __fish_complete_path $argv[1]
    end
end

function __vmfwupdate_ctl
    set -l words (commandline -opc)
    set -l word (commandline -ct)
    set -l front (string match -r -- '^--[^=]*=' $word)
    set -l value (string replace -r -- '^--[^=]*=' '' $word)
    set -lx PATH $PATH /usr/sbin /sbin
    for line in ($words[1] __complete $words[2..-1] "$word" 2>/dev/null)
        switch $line
            case \tdirectories
                for path in (__fish_complete_directories "$value")
                    printf '%s\n' "$front$path"
                end
            case \tfiles
                for path in (__vmfwupdate_ctl_paths "$value")
                    printf '%s\n' "$front$path"
                end
            case \tfiles\*
                for suffix in (string split ' ' -- $line)[2..-1]
                    for path in (__vmfwupdate_ctl_paths "$value" | string match -r -- ".*(?:/|\\.$suffix)(?:\\t.*)?\$")
                        printf '%s\n' "$front$path"
                    end
                end
            case '*'
                printf '%s\n' "$front$line"
        end
    end
end

complete -c vmfwupdate-ctl -f -a '(__vmfwupdate_ctl)'
